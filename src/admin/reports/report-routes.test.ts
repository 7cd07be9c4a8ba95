/** What an auditor is given, and that a tenant's auditor is given its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seedObjects } from '../admin-seeds.contract.ts';
import { type Answered, openHouse } from '../admin.contract.ts';

interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

const tablesOf = ({ body, text }: Answered): readonly Table[] => {
  assert.ok(Array.isArray(body['items']), text);
  return body['items'] as unknown as Table[];
};

test('access: every key, role, binding, user, token and account, without a secret', async (t) => {
  const house = await openHouse(t);
  const objects = await seedObjects(house, 'acme');
  await seedObjects(house, 'other');
  const ask = (name: string, caller: 'security-auditor' | 'confined') =>
    house.ask('GET', `/admin/v1/reports/${name}`, { token: house.token(caller) });
  const answered = await ask('access', 'security-auditor');
  const tables = tablesOf(answered);
  assert.deepEqual(
    tables.map(({ title }) => title),
    ['Keys', 'Roles', 'Roles by groups', 'Bindings', 'Users', 'Admin tokens', 'Accounts'],
  );
  for (const { title, columns, rows } of tables) {
    assert.ok(rows.length > 0 || title === 'Roles by groups', title);
    for (const row of rows) assert.equal(row.length, columns.length, title);
  }
  for (const id of [objects['keys'], objects['roles'], objects['bindings'], objects['users']])
    assert.ok(answered.text.includes(`"${id}"`), id);
  assert.match(answered.text, /"analyst"/u, 'roles of the file too');
  // The token that has just asked for this was used: nothing may say that it never was.
  const tokens = tables.find(({ title }) => title === 'Admin tokens')?.rows ?? [];
  assert.deepEqual(new Set(tokens.map((row) => row.includes('never'))), new Set([false, true]));
  assert.ok(tokens.every((row) => row.includes('never') === row.includes('one-time')));
  const columns = tables.flatMap((table) => table.columns).join(' ');
  assert.doesNotMatch(columns, /\bmac\b|phc|hash|secret/iu);
  // Ids are random, so they may spell anything: what proves a key or a password is longer than any of them.
  assert.doesNotMatch(answered.text, /\$argon2|[\w+/=-]{40}/iu);
  const own = await ask('access', 'confined');
  assert.ok(tablesOf(own)[0]?.rows.length === 1);
  assert.doesNotMatch(own.text, /"other"|"filed"/u);
});

test('denied, findings and changes count what the log has; another tenant is not there', async (t) => {
  const house = await openHouse(t);
  const ask = (path: string, caller: 'platform-admin' | 'confined') =>
    house.ask('GET', `/admin/v1/reports/${path}`, { token: house.token(caller) });
  const [changes] = tablesOf(await ask('changes', 'platform-admin'));
  assert.deepEqual(
    changes?.rows.map(([, what]) => what),
    ['reload'],
  );
  assert.equal(tablesOf(await ask('changes', 'confined'))[0]?.rows.length, 0);
  for (const name of ['findings', 'denied', 'changes']) {
    assert.equal((await ask(`${name}?tenant=other`, 'platform-admin')).status, 200);
    assert.equal((await ask(`${name}?tenant=other`, 'confined')).status, 404);
  }
  assert.equal((await ask('nothing', 'platform-admin')).status, 404);
  assert.equal((await ask('denied?from=x', 'platform-admin')).status, 400);
});

test('integrity is of the whole gateway: not for who is confined, and it says that it did not verify', async (t) => {
  const house = await openHouse(t);
  const ask = (caller: 'platform-admin' | 'confined') =>
    house.ask('GET', '/admin/v1/reports/integrity', { token: house.token(caller) });
  assert.equal((await ask('confined')).status, 403);
  const answered = await ask('platform-admin');
  const titles = tablesOf(answered).map(({ title }) => title);
  assert.deepEqual(titles.slice(0, 3), [
    'Verification',
    'The log as the gateway has it',
    'Anchors',
  ]);
  assert.match(answered.text, /not done here/u);
});

test('as HTML and CSV a report is a file to keep, in which nothing can run', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const ask = (query: string, method = 'GET') =>
    house.ask(method, `/admin/v1/reports/${query}`, { token });
  for (const [format, type, text] of [
    ['html', 'text/html', /^<!doctype html>[^]*<h1>Refusals and erasures<\/h1>/u],
    ['csv', 'text/csv', /^Refusals by reason|^[A-Z][^\r]*\r\n/u],
  ] as const) {
    const { status, headers, text: said } = await ask(`denied?format=${format}`);
    assert.equal(status, 200, said);
    assert.equal(headers['content-type'], `${type}; charset=utf-8`);
    assert.match(said, text);
    assert.equal(
      headers['content-disposition'],
      `attachment; filename="denied-2026-11-23T120000.${format}"`,
    );
    assert.match(String(headers['content-security-policy']), /^default-src 'none';.*sandbox$/u);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
  assert.equal((await ask('denied?format=pdf')).status, 400);
  const confined = await house.ask('GET', '/admin/v1/reports/denied?format=html&tenant=other', {
    token: house.token('confined'),
  });
  assert.equal(confined.status, 404);
});
