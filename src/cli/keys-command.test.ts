import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';

import { loadPeppers } from '#config/peppers.ts';
import { macOf, parseApiKey } from '#policy/authenticators/api-key-format.ts';
import { systemClock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';

import { CliFolder, jsonLines } from './test-run.ts';

const CONFIG = `
dataDir: ./data
providers: { o: { type: openai, apiKey: \${env:NOT_IN_THIS_SHELL} } }
tenants:
  - { id: acme, roles: { analyst: { allow: [{ actions: [chat], models: ["*"] }] } } }
guards: []
`;

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder(CONFIG);
});
afterEach(() => folder.remove());

const open = () => openSqlite(folder.path('data'), systemClock);

async function created(...args: string[]): Promise<{ id: string; key: string }> {
  const { code, out, err } = await folder.run(['keys', 'create', '--json', ...args]);
  assert.equal(code, 0, err);
  const { id, key } = jsonLines(out)[0] ?? {};
  assert.ok(typeof id === 'string' && typeof key === 'string');
  return { id, key };
}

/** Whether the store would let this key in. */
async function secretsThatMatch(key: string): Promise<number> {
  const parts = parseApiKey(key);
  assert.ok(parts !== null);
  const peppers = loadPeppers(folder.path('data'));
  const store = await open();
  try {
    const record = await store.keys.find(parts.id);
    const macs = record?.secrets.filter(({ macHex, pepperVersion }) =>
      macOf(peppers.of(pepperVersion), parts.id, parts.secret).equals(Buffer.from(macHex, 'hex')),
    );
    return macs?.length ?? 0;
  } finally {
    await store.close();
  }
}

test('a key that was made is in the store as a keyed hash, with what was asked for, and its record waits for the log', async () => {
  const args = [
    '--tenant',
    'acme',
    '--user',
    'ann',
    '--team',
    'core',
    '--role',
    'analyst',
    '--role',
    'viewer',
    '--name',
    'laptop',
    '--expires',
    '90d',
  ];
  const { id, key } = await created(...args);
  assert.match(key, /^llmp_live_/u);
  assert.equal(await secretsThatMatch(key), 1);
  const store = await open();
  const record = await store.keys.find(id);
  const [entry, ...others] = await store.outbox.pending(10);
  await store.close();
  assert.deepEqual(
    [record?.tenant, record?.user, record?.team, record?.roles, record?.name, record?.mode],
    ['acme', 'ann', 'core', ['analyst', 'viewer'], 'laptop', 'live'],
  );
  assert.equal((record?.expiresMs ?? 0) - (record?.createdMs ?? 0) - 90 * 86_400_000 < 1_000, true);
  assert.equal(others.length, 0);
  assert.deepEqual(
    [entry?.action, entry?.resource, entry?.tenant],
    ['key.create', `key/key_${id}`, 'acme'],
  );
  assert.match(entry?.actor ?? '', /^cli:./u);
  // The log cannot forget names, so they are not in it.
  assert.ok(!JSON.stringify(entry).includes('laptop') && !JSON.stringify(entry).includes('ann'));
  for (const name of fs.readdirSync(folder.path('data'))) {
    assert.ok(
      !folder.read(`data/${name}`).includes(key.slice(23, 60)),
      `${name} does not hold the secret`,
    );
  }
});

test('without --json the key alone is on stdout; the default role is developer; --test says so in the key', async () => {
  const { out } = await folder.run(['keys', 'create', '--tenant', 'acme', '--test']);
  assert.match(out, /^llmp_test_\w+\n$/u);
  const [listed] = jsonLines((await folder.run(['keys', 'list', '--json'])).out);
  assert.deepEqual(listed?.['roles'], ['developer']);
});

test('a key works on a data folder that a gateway has open', async () => {
  const store = await open();
  try {
    const { id } = await created('--tenant', 'acme');
    assert.equal((await store.keys.find(id))?.id, id);
  } finally {
    await store.close();
  }
});

test('a tenant or a role that does not exist is said, and nothing is written', async () => {
  const nobody = await folder.run(['keys', 'create', '--tenant', 'nobody']);
  assert.deepEqual([nobody.code, nobody.out], [1, '']);
  assert.match(nobody.err, /there is no tenant "nobody"; declared: acme/u);
  const role = await folder.run(['keys', 'create', '--tenant', 'acme', '--role', 'root']);
  assert.equal(role.code, 1);
  assert.match(role.err, /has no role "root"; it has analyst, developer, viewer$/mu);
  assert.equal((await folder.run(['keys', 'list'])).out, '');
});

test('a tenant that only the store has may have keys', async () => {
  const store = await open();
  const entry = {
    id: 'x',
    at: 1,
    actor: 'a',
    action: 'tenant.create',
    resource: 'r',
    tenant: null,
    diff: null,
  };
  const tenant = {
    id: 'stored',
    name: null,
    status: 'active' as const,
    keyLifeMsMax: null,
    boundTokens: false,
    groupRoles: {},
    createdMs: 1,
    version: 1,
  };
  await store.change(entry, (tx) => tx.tenants.insert(tenant));
  await store.close();
  await created('--tenant', 'stored');
});

test('wrong usage ends with 2 and says what to write', async () => {
  const cases = [
    ['keys', 'create'],
    ['keys', 'create', '--tenant', 'acme', '--expires', '90'],
    ['keys', 'create', '--tenant', 'acme', '--expires', '5s'],
    ['keys', 'create', '--tenant', '../x y'],
    ['keys', 'create', '--tenant', 'acme', '--name', 'a\nb'],
    ['keys', 'revoke'],
    ['keys', 'nonsense'],
  ];
  for (const args of cases) {
    const { code, err } = await folder.run(args);
    assert.equal(code, 2, args.join(' '));
    assert.notEqual(err, '');
  }
});

test('the list shows keys by tenant and never a secret', async () => {
  const { key } = await created('--tenant', 'acme');
  const both =
    (await folder.run(['keys', 'list', '--json'])).out + (await folder.run(['keys', 'list'])).out;
  assert.ok(!both.includes(key) && !both.includes('macHex'));
  assert.equal((await folder.run(['keys', 'list', '--tenant', 'other'])).out, '');
});

test('a revoked key stays revoked, under its plain and its outer id', async () => {
  const { id } = await created('--tenant', 'acme');
  assert.equal((await folder.run(['keys', 'revoke', `key_${id}`])).code, 0);
  const again = await folder.run(['keys', 'revoke', id]);
  assert.equal(again.code, 1);
  assert.match(again.err, /revoked already/u);
  assert.equal((await folder.run(['keys', 'rotate', id])).code, 1);
  assert.match((await folder.run(['keys', 'revoke', 'nosuchkey000'])).err, /does not exist/u);
});

test('a rotated key has two secrets for the overlap, one without it, and never three', async () => {
  const first = await created('--tenant', 'acme');
  const rotate = async (...args: string[]): Promise<string> => {
    const { out } = await folder.run(['keys', 'rotate', first.id, '--json', ...args]);
    return String(jsonLines(out)[0]?.['key']);
  };
  const second = await rotate('--overlap', '1h');
  assert.deepEqual([await secretsThatMatch(first.key), await secretsThatMatch(second)], [1, 1]);
  const third = await rotate();
  assert.deepEqual(await Promise.all([first.key, second, third].map(secretsThatMatch)), [0, 1, 1]);
  const fourth = await rotate('--overlap', '0s');
  assert.deepEqual(await Promise.all([second, third, fourth].map(secretsThatMatch)), [0, 0, 1]);
});

test('without a file the keys are those of the demo', async () => {
  fs.rmSync(folder.path('llmproxy.yaml'));
  await created('--tenant', 'demo');
  assert.ok(fs.existsSync(folder.path('llmproxy-data/llmproxy.db')));
});

test('a key of a service account of the tenant, by name; of none that is not there, and of no person too', async () => {
  const store = await open();
  const account = { id: 'abcdefghijkl', tenant: 'acme', name: 'nightly', team: null } as const;
  const record = {
    ...account,
    description: null,
    status: 'active',
    createdMs: 1,
    version: 1,
  } as const;
  const entry = {
    id: 'e',
    at: 1,
    actor: 'a',
    action: 'x',
    resource: 'r',
    tenant: null,
    diff: null,
  };
  await store.change(entry, (tx) => tx.serviceAccounts.insert(record));
  await store.close();
  const { id } = await created('--tenant', 'acme', '--service-account', 'nightly');
  const after = await open();
  const key = await after.keys.find(id);
  await after.close();
  assert.deepEqual(key?.serviceAccount, { id: 'abcdefghijkl', name: 'nightly' });
  const list = await folder.run(['keys', 'list', '--json']);
  assert.equal(jsonLines(list.out)[0]?.['serviceAccount'], 'nightly');
  const asks = [
    [['--service-account', 'daily'], /has no such service account/u],
    [['--service-account', 'nightly', '--user', 'ann'], /serviceAccount: a key is of a user or/u],
  ] as const;
  for (const [more, told] of asks) {
    const { code, err } = await folder.run(['keys', 'create', '--tenant', 'acme', ...more]);
    assert.equal(code, 1);
    assert.match(err, told);
  }
});
