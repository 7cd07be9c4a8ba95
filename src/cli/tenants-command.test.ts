import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { systemClock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';

import { CliFolder, jsonLines } from './test-run.ts';

const CONFIG = `
dataDir: ./data
providers: { demo: { type: demo } }
models: { demo: { deployments: [{ provider: demo }] } }
tenants: [{ id: acme, name: Acme }]
guards: []
`;

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder(CONFIG);
});
afterEach(() => folder.remove());

const run = (text: string) => folder.run(['tenants', ...text.split(' ')]);

async function done(text: string): Promise<string> {
  const { code, out, err } = await run(text);
  assert.equal(code, 0, err);
  return out;
}

async function refused(text: string, told: RegExp, code = 1): Promise<void> {
  const answer = await run(text);
  assert.equal(answer.code, code, answer.out);
  assert.match(answer.err, told);
}

test('a tenant from its beginning to its end, each step in the log', async () => {
  assert.equal(
    await done('create globex --name Globex --key-lifetime-max 90d'),
    'globex  active  by the store  Globex\n',
  );
  assert.equal(await done('suspend globex'), 'globex  suspended  by the store  Globex\n');
  assert.equal(
    await done('list'),
    'acme  active  by the file  Acme\nglobex  suspended  by the store  Globex\n',
  );
  const [, shown] = jsonLines(await done('list --json'));
  assert.deepEqual([shown?.['status'], shown?.['keyLifetimeMax']], ['suspended', '90d']);
  assert.equal(await done('resume globex'), 'globex  active  by the store  Globex\n');
  const made = await folder.run(['keys', 'create', '--tenant', 'globex', '--json']);
  assert.equal(made.code, 0, made.err);
  await refused('delete globex', /still belong/u);
  const lines = jsonLines(await done('export globex'));
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['tenant', 'key'],
  );
  const key = String(jsonLines(made.out)[0]?.['key']);
  assert.ok(!JSON.stringify(lines).includes(key.slice(-49, -6)));
  await folder.run(['keys', 'revoke', String(jsonLines(made.out)[0]?.['id'])]);
  assert.equal(await done('delete globex'), 'globex is deleted\n');
  assert.equal(await done('list'), 'acme  active  by the file  Acme\n');

  const store = await openSqlite(folder.path('data'), systemClock);
  try {
    const acts = (await store.outbox.pending(100)).filter(
      ({ resource }) => resource === 'tenant/globex',
    );
    assert.deepEqual(
      acts.map(({ action }) => action),
      ['tenant.create', 'tenant.update', 'tenant.update', 'tenant.delete'],
    );
    assert.ok(acts.every(({ actor }) => actor.startsWith('cli:')));
    assert.doesNotMatch(JSON.stringify(acts), /Globex/u);
  } finally {
    await store.close();
  }
});

test('the tenants of the file are shown and exported, and changed in the file', async () => {
  const [tenant] = jsonLines(await done('export acme'));
  assert.equal(tenant?.['kind'], 'tenant');
  await refused('suspend acme', /configuration file's/u);
  await refused('delete acme', /configuration file's/u);
  await refused('create acme', /configuration file owns/u);
});

test('what does not exist, exists already, or has no name is told', async () => {
  await refused('suspend nobody', /no tenant "nobody"/u);
  await refused('export nobody', /no tenant "nobody"/u);
  await refused('create Not_A_Name', /lower-case letters/u, 2);
  await refused('create x --key-lifetime-max soon', /a duration/u, 2);
  const bound = await done('create twice --bound-tokens --json');
  assert.match(bound, /"boundTokens":true/u);
  await refused('create twice', /taken/u);
});
