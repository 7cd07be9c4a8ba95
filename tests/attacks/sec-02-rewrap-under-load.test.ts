/**
 * SEC-02: keys can be rotated. Root, tenant and data keys change while calls go on: no call fails, each
 * one has the right secret, and in the end everything is under the new keys and the old root is not
 * needed any more.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { addRootKey } from '#config/root-file.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { openAdmin } from '../support/admin.ts';
import { drawnSecret } from '../support/canary-secrets.ts';
import { openHouse } from '../support/house.ts';
import { secretScene, twoTenants } from '../support/tenant-secrets.ts';
import { until } from '../support/streams.ts';
import { openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const CALLERS = 6;
const ROTATIONS = 5;
const REWRAP_MS_MAX = 5_000;

test('SEC-02: root, tenant and data keys are rotated under load, and no call fails', async () => {
  await secretScene(async ({ house, admin, say, upstream, secrets }) => {
    const value = { type: 'openai', apiKey: drawnSecret() };
    await admin.done('POST', 'config/providers', { name: 'vendor', value });
    const before = (await admin.done('GET', 'secrets')).body;
    const statuses = new Map<number, number>();
    let isOver = false;
    const callers = Array.from({ length: CALLERS }, async (_, index) => {
      while (!isOver) {
        const { status } = await say(index % 2 === 0 ? 'acme' : 'other');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      addRootKey(join(house.dir, 'data', 'root-key'));
      const startMs = performance.now();
      const body = { rotateKeys: true, rotateSecrets: rotation % 2 === 1 };
      const { body: done } = await admin.done('POST', 'secrets/rewrap', body);
      assert.ok(performance.now() - startMs < REWRAP_MS_MAX);
      assert.deepEqual(done, { keys: 3, secrets: 3, unreadable: [], isComplete: true });
      // Calls go on with what was made new, however slow the machine is.
      const answered = (statuses.get(200) ?? 0) + 12;
      await until(() => (statuses.get(200) ?? 0) >= answered, 10_000, 'calls go on');
    }
    isOver = true;
    await Promise.all(callers);
    assert.deepEqual([...statuses.keys()], [200]);
    const sent = new Set(upstream.seen.map(({ headers }) => headers.authorization));
    assert.deepEqual(sent, new Set([`Bearer ${secrets.acme}`, `Bearer ${secrets.other}`]));
    const status = (await admin.done('GET', 'secrets')).body;
    assert.equal(status['isCurrent'], true);
    assert.notEqual(status['root'], before['root']);
    // Administrative records come to the log from their outbox.
    const { outbox } = house.running.world.storage;
    for (let turn = 0; turn < 250 && (await outbox.pending(1)).length > 0; turn += 1)
      await delay(20);
    const acts = (await house.records()).map(({ action }) => action);
    for (const action of ['secrets.rewrap', 'secrets.rotate-key']) assert.ok(acts.includes(action));
  });
});

test('SEC-02: after a rewrap the old root is not needed, and before it nothing starts without it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-sec-02-'));
  const upstream = await openUpstream();
  const open = () => openHouse(twoTenants(upstream), UPSTREAM_ENV, dir);
  const file = join(dir, 'data', 'root-key');
  try {
    let house = await open();
    let admin = await openAdmin(house);
    const secret = { provider: 'local', secret: drawnSecret() };
    await admin.done('POST', 'tenants/acme/provider-secrets', secret);
    addRootKey(file);
    const both = readFileSync(file, 'utf8');
    const newest = `${both.split('\n')[0]}\n`;
    assert.equal((await admin.done('GET', 'secrets')).body['isCurrent'], false);
    await house.running.stop();
    writeFileSync(file, newest);
    await assert.rejects(open(), ConfigProblem);
    writeFileSync(file, both);
    house = await open();
    const { token } = admin;
    admin = { ...admin, token };
    const rewrapped = await fetch(`${house.adminUrl}/admin/v1/secrets/rewrap`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    assert.equal(rewrapped.status, 200);
    await house.running.stop();
    writeFileSync(file, newest);
    house = await open();
    const { tenantSecrets } = house.running.world;
    const { origin } = new URL(upstream.url);
    const kept = tenantSecrets.of('local', 'acme', origin);
    assert.equal(await kept?.openFor(origin, String), secret.secret);
    await house.running.stop();
  } finally {
    await upstream.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

test('SEC-02: what does not open is told of, left as it is, and stops nothing else', async () => {
  await secretScene(async ({ admin, say, breakIn }) => {
    await breakIn(
      `UPDATE provider_secrets SET document = (SELECT document FROM provider_secrets WHERE id = 'acme/local') WHERE id = 'other/local'`,
    );
    const { body } = await admin.done('POST', 'secrets/rewrap', { rotateKeys: true });
    assert.deepEqual(body, {
      keys: 2,
      secrets: 1,
      unreadable: ['provider-secret/other/local'],
      isComplete: true,
    });
    assert.equal((await say('acme')).status, 200);
    assert.equal((await say('other')).status, 503);
  });
});
