/**
 * RST-05: a fleet is brought to a version that adds to the schema, and back, under load. Nobody notices,
 * keys that the one makes work with the other, and the older one takes nothing away that the newer put
 * there. The newer version is a build of its own (`nextVersion`).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { verifyLog } from '#audit/verify.ts';

import { openHaproxy } from '../support/balancers.ts';
import { GatewayFolder, PROGRAM, shareSecrets } from '../support/gateway-process.ts';
import { bearer, chat, DEMO, TENANT } from '../support/house.ts';
import { FIELD, nextVersion, VALUE } from '../support/next-version.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually, freePort } from '../support/programs.ts';
import { type Fleet, loadOn, replaced } from '../support/rolling.ts';
import { IS_FULL } from '../support/streams.ts';
import { openTestValkey } from '../support/valkey.ts';

const yamlFor = (port: number): string => `${DEMO}
storage: { type: postgres, url: "\${env:DATABASE_URL}" }
counters:
  type: valkey
  url: "\${env:COUNTERS_URL}"
  password: "\${env:COUNTERS_PASSWORD}"
  deadline: 250ms
guards: []
limits: [{ name: far, per: [tenant], requests: "100000/1m" }]
tenants: [{ id: ${TENANT}, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }]
server: { listen: "127.0.0.1:${port}", drainDelay: 1500ms, drainLimit: 10s }`;

interface Made {
  readonly id: string;
  readonly key: string;
}

async function statusOf(url: string, key: string): Promise<number> {
  const { status } = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify(chat('a call')),
  });
  return status;
}

test(
  'RST-05: up to a version with another schema and back, and no call fails',
  { timeout: 240_000 },
  async (t) => {
    const next = await nextVersion();
    t.after(() => next.remove());
    const [postgres, valkey] = await Promise.all([openTestPostgres(), openTestValkey()]);
    t.after(() => Promise.all([postgres.close(), valkey.close()]));
    const database = await postgres.database();
    const env = {
      DATABASE_URL: database,
      COUNTERS_URL: valkey.address,
      COUNTERS_PASSWORD: valkey.password,
    };
    const ports = [await freePort(), await freePort()];
    const folders = ports.map((port) => new GatewayFolder(yamlFor(port), env));
    t.after(() => folders.forEach((folder) => folder.remove()));
    const [first, second] = folders;
    assert.ok(first !== undefined && second !== undefined);
    const { key } = first.key(TENANT);
    const running = [await first.start()];
    shareSecrets(join(first.dir, 'data'), join(second.dir, 'data'));
    running.push(await second.start());
    const fleet: Fleet = { ports, folders, running };
    const balancer = await openHaproxy(ports);
    const load = loadOn(balancer.url, key, IS_FULL ? 50 : 20);
    const everywhere = async (text: string, expected: number): Promise<void> => {
      for (const { url } of running)
        await eventually(async () => assert.equal(await statusOf(url, text), expected));
    };
    const made = (program: string, folder: GatewayFolder, ...args: readonly string[]): Made => {
      const { code, out } = folder.runBy(program, 'keys', ...args, '--json');
      assert.equal(code, 0, out);
      return JSON.parse(out) as Made;
    };
    const purposeOf = async (id: string): Promise<unknown> => {
      const [row] = await postgres.run(
        database,
        `SELECT ${FIELD} AS purpose FROM llmproxy.keys WHERE id = $1`,
        [id],
      );
      return row?.['purpose'];
    };
    let asked = 0;
    try {
      await replaced(fleet, 0, next.program);
      // Side by side: each knows the keys of the other, and a change by the older one keeps the new field.
      const create = ['create', '--tenant', TENANT, '--user', 'bob'] as const;
      const older = made(PROGRAM, second, ...create);
      const newer = made(next.program, first, ...create);
      for (const one of [older, newer]) await everywhere(one.key, 200);
      const rotated = made(next.program, first, 'rotate', newer.id);
      assert.equal(await purposeOf(newer.id), VALUE);
      await everywhere(rotated.key, 200);
      assert.equal(second.run('keys', 'revoke', newer.id).code, 0);
      await everywhere(rotated.key, 401);
      assert.equal(await purposeOf(newer.id), VALUE);
      await replaced(fleet, 1, next.program);
      // Back: the older one begins on the schema of the newer.
      for (const index of [0, 1]) await replaced(fleet, index);
      for (const { stderr } of running) assert.match(stderr(), /"store-schema-newer"/u);
      for (const [text, status] of [
        [older.key, 200],
        [rotated.key, 401],
      ] as const)
        await everywhere(text, status);
      assert.equal(await purposeOf(newer.id), VALUE);
    } finally {
      await load.stop();
      await balancer.stop();
      asked = load.answered + load.streamed;
    }
    assert.deepEqual(load.failures, [], balancer.said());
    assert.ok(load.answered > 100 && load.streamed > 25, JSON.stringify(load));
    for (const [index, folder] of folders.entries()) {
      running[index]?.kill('SIGTERM');
      await running[index]?.exited;
      const { exit } = verifyLog(folder.auditDir);
      assert.ok(exit === 0 || exit === 4, String(exit));
    }
    const rows = await postgres.run(
      database,
      'SELECT count(*)::int AS calls, count(DISTINCT id)::int AS ids FROM llmproxy.ledger WHERE is_correction = 0',
    );
    // Beside the load: what was asked of each gateway by itself, some of it more than once.
    const { calls, ids } = rows[0] as { calls: number; ids: number };
    assert.equal(calls, ids);
    assert.ok(calls >= asked && calls < asked + 100, `${asked} answers, ${calls} in the ledger`);
  },
);
