/** Two gateways over one PostgreSQL: what is done at one is so at the other, and both outlive the server. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { readRecords } from '#audit/read.ts';

import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';

import { admin, openPair, say, STORE, untilMs } from '../support/gateway-pair.ts';
import { type GatewayProcess, shareSecrets } from '../support/gateway-process.ts';
import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/programs.ts';

const server = await openTestPostgres();
after(() => server.close());

/** How many keys it would know without the store. */
async function keptKeys({ adminUrl }: GatewayProcess): Promise<number> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^llmproxy_store_snapshot_keys (?<count>\d+)$/mu.exec(metrics)?.groups?.['count']);
}

async function newKey(
  gateway: GatewayProcess,
  token: string,
): Promise<{ id: string; key: string }> {
  const made = await admin(gateway, token, ['POST', 'keys', { tenant: 'acme', user: 'alice' }]);
  assert.equal(made.status, 201, JSON.stringify(made.json));
  return { id: String(made.json['id']), key: String(made.json['key']) };
}

test('a key made at one gateway works at the other, and revoked there is refused here, within a second', async () => {
  const { folders, gateways, token } = await openPair(await server.plainDatabase());
  const [first, second] = gateways;
  try {
    const spread: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const { id, key } = await newKey(first, token);
      // Asked for while nobody knew it, too: that it is unknown must not be remembered.
      spread.push(await untilMs(async () => (await say(second, key)) === 200, 3_000));
      assert.equal(await say(first, key), 200);
      const [from, at] = round % 2 === 0 ? [first, second] : [second, first];
      const { etag } = await admin(from, token, ['GET', `keys/${id}`]);
      const gone = await admin(from, token, ['DELETE', `keys/${id}`], etag);
      assert.ok(gone.status < 300, JSON.stringify(gone.json));
      spread.push(await untilMs(async () => (await say(at, key)) === 401, 3_000));
    }
    console.log(JSON.stringify({ keySpreadMs: { most: Math.max(...spread) } }));
    assert.ok(Math.max(...spread) <= 1_000, JSON.stringify(spread));

    // The command line works on the same store, whether or not a gateway runs.
    const byHand = folders[1].key('acme');
    await untilMs(async () => (await say(first, byHand.key)) === 200, 2_000);
    const listed = folders[0].run('keys', 'list', '--json');
    assert.equal(listed.code, 0);
    assert.ok(listed.out.includes(byHand.id));
    assert.equal(folders[0].run('usage', 'export', '--format', 'jsonl').code, 0);

    // Each change is in one log: the first gateway's, the second's, and the one of the command line.
    const ids = await eventually(async () => {
      const found: string[] = [];
      for (const { auditDir } of folders) {
        for await (const { record } of readRecords(auditDir)) {
          if (record.kind === 'admin' && record.action?.startsWith('key.') === true) {
            found.push(String(record.requestId));
          }
        }
      }
      assert.equal(found.length, 21);
      return found;
    });
    assert.equal(new Set(ids).size, 21);
  } finally {
    for (const folder of folders) folder.remove();
  }
});

test('while PostgreSQL hangs, what is changed gets 503, known keys work for the time that was said, and then nothing does', async () => {
  const own = await openTestPostgres();
  const store = `storage: { type: postgres, url: "\${env:DATABASE_URL}", staleMax: 20s }`;
  const { folders, gateways, token } = await openPair(await own.plainDatabase(), store);
  const [first, second] = gateways;
  try {
    const known = await newKey(first, token);
    const fresh = await newKey(first, token);
    for (const gateway of gateways) {
      await untilMs(async () => (await say(gateway, known.key)) === 200, 2_000);
    }
    // A key is known when it was used after the last change was read: each change forgets all keys.
    await delay(1_500);
    for (const gateway of gateways) {
      assert.equal(await say(gateway, known.key), 200);
      await untilMs(async () => (await keptKeys(gateway)) === 2, 10_000);
    }
    own.signalAll('SIGSTOP');
    const stoppedMs = performance.now();
    const refused = await admin(first, token, ['POST', 'tenants', { id: 'late' }]);
    assert.equal(refused.status, 503, JSON.stringify(refused.json));
    assert.equal(refused.json['type'], 'urn:llmproxy:problem:unavailable');
    assert.ok(Number(refused.retryAfter) > 0);
    assert.ok(!JSON.stringify(refused.json).includes('INSERT'));
    assert.ok(performance.now() - stoppedMs < 15_000);
    for (const gateway of gateways) assert.equal(await say(gateway, known.key), 200);
    assert.equal(await say(second, fresh.key), 200, 'it is in the snapshot, though nobody used it');
    const { id, secret } = newApiKey('live');
    const foreign = formatApiKey({ mode: 'live', id, secret });
    assert.equal(await say(second, foreign), 503, 'nobody can say whether it is a key');
    const ready = await fetch(`${second.url}/readyz`);
    assert.equal(ready.status, 200);
    assert.match(await ready.text(), /served from a snapshot/u);
    await untilMs(async () => (await say(second, known.key)) === 503, 30_000);
    assert.equal((await fetch(`${second.url}/readyz`)).status, 503, 'nobody is to be sent here');
    const heldMs = performance.now() - stoppedMs;
    assert.ok(heldMs > 18_000 && heldMs < 24_000, `${heldMs} ms`);

    // Who stops meanwhile does not wait for it either.
    second.kill('SIGTERM');
    const stopped = await Promise.race([second.exited, delay(20_000, null)]);
    assert.ok(stopped !== null, 'it has ended');

    own.signalAll('SIGCONT');
    const backMs = await untilMs(async () => (await say(first, fresh.key)) === 200, 10_000);
    console.log(JSON.stringify({ backMs }));
    // Connections that hung end one after another; until they have, a change may meet one.
    await untilMs(async () => {
      const { status } = await admin(first, token, ['POST', 'tenants', { id: 'late' }]);
      return status === 201 || status === 409;
    }, 10_000);
  } finally {
    for (const folder of folders) folder.remove();
    await own.close();
  }
});

test('a gateway whose pepper or root key is another is refused at its start, and makes none of its own', async () => {
  const url = await server.plainDatabase();
  const env = { DATABASE_URL: url };
  const base = mkdtempSync(join(tmpdir(), 'llmproxy-pepper-'));
  const first = await openHouse(`${STORE}\n${DEMO}${BASE}guards: []\n`, env);
  const second = join(base, 'second');
  mkdirSync(join(second, 'data'), { recursive: true, mode: 0o700 });
  const start = () => openHouse(`${STORE}\n${DEMO}${BASE}guards: []\n`, env, second);
  const data = (name: string): string => join(second, 'data', name);
  try {
    await assert.rejects(start(), /pepper is not there: copy `pepper`/u);
    writeFileSync(data('pepper'), `{"version":1,"pepper":"${'ab'.repeat(32)}"}\n`, { mode: 0o600 });
    await assert.rejects(start(), /is not the one that the keys of this store were made with/u);
    shareSecrets(join(first.dir, 'data'), join(second, 'data'));
    rmSync(data('root-key'));
    await assert.rejects(start(), /root-key/u);
    writeFileSync(data('root-key'), `{"version":1,"key":"${randomBytes(32).toString('hex')}"}\n`, {
      mode: 0o600,
    });
    await assert.rejects(start(), /gateways of this store use the root key/u);
    shareSecrets(join(first.dir, 'data'), join(second, 'data'));
    const house = await start();
    const key = await first.key();
    await eventually(async () => {
      const { status } = await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key));
      assert.equal(status, 200);
    });
    await house.close();
  } finally {
    await first.close();
    rmSync(base, { recursive: true });
  }
});

test('a role that is above row policies is told of in the log, and no password is', async () => {
  const url = await server.database();
  const house = await openHouse(`${STORE}\n${DEMO}${BASE}guards: []\n`, { DATABASE_URL: url });
  assert.match(house.log(), /storage-unwalled/u);
  assert.ok(!house.log().includes(new URL(url).password));
  await house.close();
});
