import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { configSchema } from '#config/config.ts';
import type { Storage } from '#storage/storage.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import { systemClock } from '#stdx/clock.ts';

import { Directory } from './directory.ts';

test('of two readings of the store, the one that began later counts, whichever ends first', async (t) => {
  const dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-directory-'));
  const storage = await openSqlite(dir, systemClock);
  t.after(async () => {
    await storage.close();
    fs.rmSync(dir, { recursive: true });
  });
  const answers: ((users: readonly string[]) => void)[] = [];
  const slow: Storage = {
    ...storage,
    provisioning: {
      ...storage.provisioning,
      lockedOut: () =>
        new Promise((resolve) => {
          answers.push((users) => resolve(users.map((user) => ({ tenant: 'acme', user }))));
        }),
    },
  };
  const config = configSchema.parse({ tenants: [{ id: 'acme' }], guards: [] });
  const directory = new Directory(slow, { newest: 1, of: () => Buffer.alloc(32) }, config);
  const [first, second] = [directory.refresh(), directory.refresh()];
  answers[1]?.(['ann']);
  await second;
  assert.ok(directory.isSuspended('acme', 'ann'));
  // What the first one read is of before she was locked out.
  answers[0]?.([]);
  await first;
  assert.ok(directory.isSuspended('acme', 'ann'));
  assert.ok(!directory.isSuspended('acme', 'bob'));
});
