/**
 * RED-01: the rights that the guides give the gateway at PostgreSQL and Valkey are enough for it, and
 * for nothing else. The lines of the guides themselves are run, on real servers.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { Redis } from 'ioredis';
import pg from 'pg';

import { randomBase62 } from '#stdx/base62.ts';

import { guideNamed } from '../support/guide.ts';
import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/programs.ts';
import { gatewayUser, openTestValkey } from '../support/valkey.ts';

const server = await openTestPostgres();
after(() => server.close());

const [makeRoles = '', giveRights = '', ...more] = [
  ...guideNamed('postgres-storage').matchAll(/```sql\n(?<text>[^]*?)```/gu),
].map(({ groups }) => groups?.['text'] ?? '');

/** One after another: a database cannot be made together with something else. */
async function runAll(url: string, text: string): Promise<number> {
  const statements = text.split(/;\n/u).filter((one) => one.trim() !== '');
  for (const one of statements) await server.run(url, one);
  return statements.length;
}

const passwords = { llmproxy_owner: randomBase62(24), gateway: randomBase62(24) };
const SUPERUSER = Object.assign(new URL(server.url), { pathname: '/llmproxy' }).href;
function urlOf(role: keyof typeof passwords): string {
  const url = new URL(server.url);
  [url.username, url.password, url.pathname] = [role, passwords[role], '/llmproxy'];
  return url.href;
}

/** Keys and counters by the one role, the ledger and the index by the other. */
const yamlOf = (role: keyof typeof passwords): string => `
storage: { type: postgres, url: "${urlOf(role)}" }
counters: { type: postgres, url: "${urlOf(role)}", deadline: 2s }
ledger: { type: postgres, url: "${urlOf('llmproxy_owner')}" }
${DEMO}${BASE}
limits: [{ name: per-key, per: [key], requests: 100/1m }]
budgets: [{ name: month, per: [tenant], usd: 100, period: month }]
guards: []
`;

test('RED-01: the role that the guide gives the gateway runs it, and may do nothing else', async (t) => {
  assert.equal(more.length, 0);
  assert.equal(await runAll(server.url, makeRoles), 5);
  for (const [role, password] of Object.entries(passwords))
    await server.run(server.url, `ALTER ROLE ${role} PASSWORD '${password}'`);
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-red-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const owner = await openHouse(yamlOf('llmproxy_owner'), {}, dir);
  await owner.close();
  assert.equal(await runAll(SUPERUSER, giveRights), 7);

  const house = await openHouse(yamlOf('gateway'), {}, dir);
  t.after(() => house.close());
  const key = bearer(await house.key());
  await eventually(async () => {
    const body = { ...chat('hello'), model: 'demo' };
    assert.equal((await post(`${house.url}/v1/chat/completions`, body, key)).status, 200);
  });
  // The walls between tenants hold for this role.
  assert.doesNotMatch(house.log(), /storage-unwalled|"state":"(?!up)|"error"/u);
  await eventually(async () => {
    const rows = await server.run(SUPERUSER, 'SELECT 1 FROM llmproxy.reservations');
    const known = await server.run(SUPERUSER, 'SELECT 1 FROM llmproxy.ledger');
    assert.ok(rows.length + known.length > 0);
  });

  const client = new pg.Client({ connectionString: urlOf('gateway') });
  await client.connect();
  t.after(() => client.end());
  await client.query('SELECT count(*) FROM llmproxy.keys');
  for (const statement of [
    'CREATE TABLE llmproxy.mine (a int)',
    'CREATE TABLE public.mine (a int)',
    'CREATE SCHEMA mine',
    'CREATE ROLE mine',
    'CREATE DATABASE mine',
    'DROP TABLE llmproxy.keys',
    'TRUNCATE llmproxy.keys',
    'ALTER TABLE llmproxy.keys DISABLE ROW LEVEL SECURITY',
    'DROP POLICY tenant_wall ON llmproxy.keys',
    'CREATE TRIGGER mine BEFORE INSERT ON llmproxy.keys EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    "INSERT INTO llmproxy.migrations (part, number, checksum) VALUES ('x', 1, 'x')",
    'DELETE FROM llmproxy.migrations',
    'SET ROLE llmproxy_owner',
    'ALTER ROLE gateway SUPERUSER',
    'SELECT rolpassword FROM pg_authid',
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY llmproxy.keys FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    'ALTER SYSTEM SET fsync = off',
    'SELECT pg_reload_conf()',
  ])
    await assert.rejects(client.query(statement), { code: '42501' }, statement);
});

test('RED-01: the owner of the schema is no administrator of the server', async (t) => {
  const client = new pg.Client({ connectionString: urlOf('llmproxy_owner') });
  await client.connect();
  t.after(() => client.end());
  for (const statement of [
    'CREATE ROLE mine',
    'CREATE DATABASE mine',
    'ALTER ROLE llmproxy_owner BYPASSRLS',
    'SELECT rolpassword FROM pg_authid',
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
  ])
    await assert.rejects(client.query(statement), { code: '42501' }, statement);
});

test('RED-01: the user that the guide gives the gateway at Valkey may touch its keys, by its commands', async (t) => {
  const valkey = await openTestValkey();
  t.after(() => valkey.close());
  const admin = await valkey.client();
  const password = randomBase62(24);
  const [name = '', ...rights] = gatewayUser(password, 'llmproxy');
  // As in a file: what the user had before is not added to.
  await admin.call('ACL', 'SETUSER', name, 'reset', ...rights);
  await admin.set('{other}:epoch', '1');
  const port = Number(new URL(valkey.url).port);
  const options = { host: '127.0.0.1', port, username: 'gateway', password };
  const client = new Redis({ ...options, retryStrategy: () => null });
  t.after(() => client.disconnect());
  assert.equal(await client.set('{llmproxy}:mine', '1'), 'OK');
  const refused: readonly (readonly [string, ...string[]])[] = [
    ['GET', '{other}:epoch'],
    ['SET', 'mine', '1'],
    ['EVAL', "return redis.call('GET', KEYS[1])", '1', '{other}:epoch'],
    ['EVAL', "return redis.call('FLUSHALL')", '0'],
    ['EVAL', "return redis.call('DEL', KEYS[1])", '1', '{llmproxy}:mine'],
    ['KEYS', '*'],
    ['SCAN', '0'],
    ['FLUSHALL'],
    ['FLUSHDB'],
    ['CONFIG', 'GET', '*'],
    ['CONFIG', 'SET', 'dir', '/tmp'],
    ['ACL', 'LIST'],
    ['ACL', 'SETUSER', 'gateway', 'allcommands'],
    ['MONITOR'],
    ['SHUTDOWN', 'NOSAVE'],
    ['REPLICAOF', '127.0.0.1', '1'],
    ['CLIENT', 'LIST'],
    ['SCRIPT', 'FLUSH'],
    ['PUBLISH', 'a', 'b'],
    ['SUBSCRIBE', 'a'],
    ['MODULE', 'LIST'],
  ];
  for (const [command, ...args] of refused)
    await assert.rejects(
      client.call(command, ...args),
      /NOPERM|permission|executing the script can't/iu,
      command,
    );
  // What the guide says of the one that everybody is without a password.
  await admin.call('ACL', 'SETUSER', 'default', 'off');
  const stranger = new Redis({ ...options, username: 'default', retryStrategy: () => null });
  stranger.on('error', () => {});
  t.after(() => stranger.disconnect());
  await assert.rejects(stranger.get('{llmproxy}:mine'));
});
