/**
 * Several workers over PostgreSQL and Valkey: each is one more gateway there, and all outlive the server.
 * For `npm run test:full`: two starts of three processes, one of them without the server.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { verifyLog } from '#audit/verify.ts';

import { BASE, chat } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/programs.ts';
import { IS_FULL } from '../support/streams.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';
import { openTestValkey } from '../support/valkey.ts';
import { callWhole } from '../support/whole-call.ts';
import { openWorkers } from '../support/workers.ts';

const CALL_NANO_USD = 13_000;

async function overStores(t: TestContext): Promise<void> {
  const [postgres, valkey] = await Promise.all([openTestPostgres(), openTestValkey()]);
  t.after(() => Promise.all([postgres.close(), valkey.close()]));
  const upstream = await openUpstream();
  t.after(() => upstream.close());
  const database = await postgres.database();
  const workers = await openWorkers(
    t,
    `${upstreamYaml(upstream)}${BASE}
storage: { type: postgres, url: "\${env:DATABASE_URL}" }
counters: { type: valkey, url: "\${env:COUNTERS_URL}", password: "\${env:COUNTERS_PASSWORD}", deadline: 250ms }
limits: [{ name: all, per: [key], requests: 40/1d, algorithm: sliding-window }]`,
    {
      env: {
        ...UPSTREAM_ENV,
        DATABASE_URL: database,
        COUNTERS_URL: valkey.address,
        COUNTERS_PASSWORD: valkey.password,
      },
    },
  );
  const { folder } = workers;
  let { gateway } = workers;
  const [limited, known, revoked] = [folder.key('acme'), folder.key('acme'), folder.key('acme')];
  const many = async (key: string, count: number): Promise<readonly string[]> => {
    const body = { ...chat('Hello'), max_tokens: 10 };
    const { url } = gateway;
    const answers = await Promise.all(
      Array.from({ length: count }, () => callWhole({ url, key, body })),
    );
    return answers.map((one) => (typeof one === 'string' ? one : String(one.status))).toSorted();
  };
  const only = (status: number, count: number) =>
    Array.from({ length: count }, () => String(status));
  await eventually(async () => assert.deepEqual(await many(known.key, 4), only(200, 4)));
  assert.deepEqual(await many(limited.key, 60), [...only(200, 40), ...only(429, 20)]);
  assert.equal(folder.run('keys', 'revoke', revoked.id).code, 0);
  await eventually(async () => assert.deepEqual(await many(revoked.key, 4), only(401, 4)));
  const kept = /^llmproxy_store_snapshot_keys 3$/mu;
  await eventually(async () => {
    assert.match(await (await fetch(`${gateway.adminUrl}/metrics`)).text(), kept);
  }, 20_000);

  postgres.signalAll('SIGSTOP');
  assert.deepEqual(await many(known.key, 8), only(200, 8));
  assert.deepEqual(await many(revoked.key, 4), only(401, 4));
  gateway.kill('SIGKILL');
  await gateway.exited;
  gateway = await eventually(() => folder.start(), 60_000);
  t.after(async () => {
    gateway.kill('SIGTERM');
    await gateway.exited;
  });
  await eventually(async () => assert.deepEqual(await many(known.key, 8), only(200, 8)));
  assert.deepEqual(await many(revoked.key, 4), only(401, 4));
  postgres.signalAll('SIGCONT');
  await eventually(async () => {
    const [row] = await postgres.run(
      database,
      'SELECT coalesce(sum(cost_nano_usd), 0)::text AS spent, count(*)::text AS calls FROM llmproxy.ledger WHERE cost_nano_usd > 0',
    );
    const asked = upstream.seen.length;
    assert.deepEqual(row, { spent: String(asked * CALL_NANO_USD), calls: String(asked) });
  }, 30_000);
  gateway.kill('SIGTERM');
  assert.equal((await gateway.exited).code, 0);
  assert.equal(verifyLog(folder.auditDir).exit, 0);
}

if (IS_FULL) {
  test(
    'workers over PostgreSQL and Valkey share one limit, go on without the server, also from a start, and lose nothing',
    overStores,
  );
}
