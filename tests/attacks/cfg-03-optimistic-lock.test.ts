/** CFG-03: of two who change one object at once, one wins and one is told; 0 updates are lost. */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { systemClock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import type { OutboxEntry } from '#storage/storage.ts';

test('CFG-03: fifty pairs of writers on one tenant: exactly one of each pair wins', async () => {
  const storage = await openSqlite(mkdtempSync(join(tmpdir(), 'llmproxy-cfg03-')), systemClock);
  const entry = (id: string): OutboxEntry => ({
    id,
    at: 1,
    actor: 'test',
    action: 'tenant.update',
    resource: 'tenant/t',
    tenant: 't',
    diff: null,
  });
  try {
    const made = await storage.change(entry('first'), (tx) =>
      tx.tenants.insert({
        id: 't',
        name: null,
        status: 'active',
        keyLifeMsMax: null,
        boundTokens: false,
        groupRoles: {},
        createdMs: 1,
        version: 1,
      }),
    );
    assert.ok(made.ok);
    for (let round = 0; round < 50; round += 1) {
      const read = await storage.tenants.find('t');
      assert.ok(read);
      const write = (who: string) =>
        storage.change(entry(`${who}-${round}`), (tx) =>
          tx.tenants.update({ ...read, name: `${who}-${round}` }),
        );
      const results = await Promise.all([write('a'), write('b')]);
      assert.equal(results.filter(({ ok }) => ok).length, 1);
      const now = await storage.tenants.find('t');
      const winner = results[0]?.ok === true ? 'a' : 'b';
      assert.equal(now?.name, `${winner}-${round}`);
    }
    const outbox = await storage.outbox.pending(1_000);
    assert.equal(outbox.length, 51, 'a change that lost left no record of a change');
  } finally {
    await storage.close();
  }
});
