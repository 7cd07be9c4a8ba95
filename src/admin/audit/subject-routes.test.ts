/** A person is given what is kept of them, and nothing of anybody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testRow } from '#storage/audit-index.contract.ts';

import { openHouse } from '../admin.contract.ts';
import { testAudit } from './audit.contract.ts';

const EXPORTS = '/admin/v1/subject-exports';

interface Given {
  readonly items: readonly { readonly record: { readonly seq: number }; readonly proof: unknown }[];
  readonly next: string | null;
}
const givenIn = ({ body }: { readonly body: unknown }): Given => body as Given;

test('records of the person alone, each with its proof, of the own tenant alone', async (t) => {
  const house = await openHouse(t);
  const own = { token: house.token('tenant-admin') };
  const given = await house.ask('POST', EXPORTS, { ...own, body: { user: 'ann' } });
  assert.equal(given.status, 200, given.text);
  const { items, next } = givenIn(given);
  assert.deepEqual(
    items.map(({ record, proof }) => [record.seq, proof]),
    [[1, 'c2sp.org/tlog-proof@v1']],
  );
  assert.equal(next, null);
  const byEnd = await house.ask('POST', EXPORTS, { ...own, body: { endUser: 'end' } });
  assert.equal(givenIn(byEnd).items.length, 1);
  // Bob is of another tenant, which there is not for this one.
  for (const body of [{ user: 'bob' }, { tenant: 'other', user: 'bob' }]) {
    const refused = await house.ask('POST', EXPORTS, { ...own, body });
    const isEmpty = refused.status === 200 && givenIn(refused).items.length === 0;
    assert.ok(isEmpty || refused.status === 404, refused.text);
    assert.ok(!refused.text.includes('"seq":2'));
  }
  const nobody = await house.ask('POST', EXPORTS, { ...own, body: { tenant: 'acme' } });
  assert.equal(nobody.status, 400, nobody.text);
});

test('the log says that somebody was given what is theirs, and not who', async (t) => {
  const house = await openHouse(t);
  const as = { token: house.token('platform-admin') };
  const body = { tenant: 'acme', user: 'ann' };
  assert.equal((await house.ask('POST', EXPORTS, { ...as, body })).status, 200);
  const entries = await house.storage.outbox.pending(100);
  const entry = entries.find(({ action }) => action === 'subject.export');
  assert.deepEqual([entry?.tenant, entry?.diff], ['acme', { records: 1, missing: 0 }]);
  assert.ok(!JSON.stringify(entry).includes('ann'));
});

test('many records are given page by page, and each once', async (t) => {
  const rows = Array.from({ length: 230 }, (_none, at) =>
    testRow(at + 1, { user: 'ann' }, { kind: 'complete' }),
  );
  const audit = testAudit({ rows });
  const house = await openHouse(t, {
    audit: { ...audit, record: async () => await audit.record('main', 1) },
  });
  const as = { token: house.token('platform-admin') };
  const sizes: number[] = [];
  let after: string | null = null;
  do {
    const body = { tenant: 'acme', user: 'ann', ...(after !== null && { after }) };
    const given = givenIn(await house.ask('POST', EXPORTS, { ...as, body }));
    sizes.push(given.items.length);
    after = given.next;
  } while (after !== null);
  assert.deepEqual(sizes, [100, 100, 30]);
});

test('what another gateway has written is not passed over in silence', async (t) => {
  const rows = [testRow(1, { user: 'ann' }), testRow(2, { user: 'ann', writer: 'main@elsewhere' })];
  const house = await openHouse(t, { audit: testAudit({ rows }) });
  const as = { token: house.token('platform-admin') };
  const body = { tenant: 'acme', user: 'ann' };
  const given = await house.ask('POST', EXPORTS, { ...as, body });
  assert.deepEqual([givenIn(given).items.length, given.body['missing']], [1, 1]);
});
