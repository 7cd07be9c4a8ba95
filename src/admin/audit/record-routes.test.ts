/** Who sees which records, and how much of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Answered, openHouse } from '../admin.contract.ts';

const itemsOf = ({ body, text }: Answered): Record<string, unknown>[] => {
  assert.ok(Array.isArray(body['items']), text);
  return body['items'] as Record<string, unknown>[];
};
const seqsOf = (answered: Answered): unknown[] => itemsOf(answered).map(({ seq }) => seq);
const RECORDS = '/admin/v1/audit/records';

test('a page has what was asked for, the newest first, and says where it goes on', async (t) => {
  const house = await openHouse(t);
  const ask = (query: string) =>
    house.ask('GET', `${RECORDS}${query}`, { token: house.token('platform-admin') });
  assert.deepEqual(seqsOf(await ask('')), [3, 2, 1]);
  const first = await ask('?limit=2');
  assert.deepEqual(seqsOf(first), [3, 2]);
  const next = String(first.body['next']);
  const second = await ask(`?limit=2&after=${encodeURIComponent(next)}`);
  assert.deepEqual(seqsOf(second), [1]);
  assert.equal(second.body['next'], null);
  assert.deepEqual(seqsOf(await ask('?user=ann')), [1]);
  assert.deepEqual(seqsOf(await ask('?kind=admin&action=reload')), [3]);
  assert.deepEqual(seqsOf(await ask('?isEnd=true&kind=admin')), []);
  assert.deepEqual(seqsOf(await ask('?status=200&tenant=other')), [2]);
  assert.deepEqual(seqsOf(await ask('?from=2030-01-01T00:00:00Z')), []);
  for (const query of [
    '?kind=else',
    '?isEnd=false',
    '?status=9',
    '?from=x',
    '?after=1',
    '?costMinNanoUsd=-1',
    '?x=1',
  ])
    assert.equal((await ask(query)).status, 400, query);
});

test('who is confined to a tenant finds its records, and none of others or of the gateway', async (t) => {
  const house = await openHouse(t);
  for (const caller of ['confined', 'tenant-admin'] as const) {
    const token = house.token(caller);
    const ask = (path: string) => house.ask('GET', `${RECORDS}${path}`, { token });
    assert.deepEqual(seqsOf(await ask('')), [1]);
    assert.deepEqual(seqsOf(await ask('?user=bob')), []);
    assert.equal((await ask('?tenant=other')).status, 404);
    assert.equal((await ask('/main/1')).status, 200);
    for (const path of ['/main/2', '/main/3', '/main/9', '/main/x', '/else/1'])
      assert.equal((await ask(path)).status, 404, path);
  }
});

test('who may not see persons sees none: not in a list, not in a record, not by asking for one', async (t) => {
  const house = await openHouse(t);
  for (const caller of ['viewer', 'operator'] as const) {
    const token = house.token(caller);
    const ask = (path: string) => house.ask('GET', `${RECORDS}${path}`, { token });
    const [list, one] = [await ask(''), await ask('/main/1')];
    assert.equal(seqsOf(list).length, 3);
    for (const { text } of [list, one]) {
      assert.doesNotMatch(text, /ann|bob|192\.0\.2\.7|digest-of-text/u);
    }
    assert.equal((await ask('?user=ann')).status, 403);
    assert.equal((await ask('?endUser=end')).status, 403);
  }
  const token = house.token('security-auditor');
  const [row] = itemsOf(await house.ask('GET', `${RECORDS}?user=ann`, { token }));
  assert.deepEqual([row?.['user'], row?.['endUser'], row?.['ip']], ['ann', 'end', '192.0.2.7']);
  const { text, body } = await house.ask('GET', `${RECORDS}/main/1`, { token });
  assert.match(text, /digest-of-text/u);
  assert.deepEqual(body['erased'], ['endUser']);
});

test('a proof is for who sees the record, and says when nothing has signed it yet', async (t) => {
  const house = await openHouse(t);
  const ask = (caller: 'viewer' | 'confined', path: string) =>
    house.ask('GET', `${RECORDS}${path}/proof`, { token: house.token(caller) });
  const own = await ask('confined', '/main/1');
  assert.deepEqual(own.body, { proof: 'c2sp.org/tlog-proof@v1', key: 'k' });
  for (const path of ['/main/2', '/main/3', '/main/9', '/main/x', '/else/1'])
    assert.equal((await ask('confined', path)).status, 404, path);
  assert.deepEqual((await ask('viewer', '/main/2')).body, { proof: null, key: 'k' });
});
