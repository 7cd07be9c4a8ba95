/** Saved views are one's own, few, and told to nobody else, the log included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Caller, type House, openHouse } from './admin.contract.ts';
import { VIEWS_MAX } from './view-routes.ts';

const VIEWS = '/admin/v1/views';

const namesOf = async (house: House, caller: Caller): Promise<unknown[]> => {
  const { body } = await house.ask('GET', VIEWS, { token: house.token(caller) });
  assert.ok(Array.isArray(body['items']));
  return (body['items'] as { name: unknown }[]).map(({ name }) => name);
};

const save = (house: House, caller: Caller, name: string, query: unknown = { decision: 'deny' }) =>
  house.ask('POST', VIEWS, { token: house.token(caller), body: { name, query } });

test('a view is of its owner alone; the same name replaces it; forgetting it twice is once', async (t) => {
  const house = await openHouse(t);
  assert.equal((await save(house, 'viewer', 'denied')).status, 201);
  const again = await save(house, 'viewer', 'denied', { status: '429' });
  assert.equal(again.status, 201);
  assert.deepEqual(again.body['query'], { status: '429' });
  assert.equal((await save(house, 'operator', 'costly')).status, 201);
  assert.deepEqual(await namesOf(house, 'viewer'), ['denied']);
  assert.deepEqual(await namesOf(house, 'operator'), ['costly']);
  const path = `${VIEWS}/${String(again.body['id'])}`;
  const remove = (caller: Caller) => house.ask('DELETE', path, { token: house.token(caller) });
  assert.equal((await remove('operator')).status, 204);
  assert.deepEqual(await namesOf(house, 'viewer'), ['denied'], 'it is of another');
  assert.equal((await remove('viewer')).status, 204);
  assert.equal((await remove('viewer')).status, 204);
  assert.deepEqual(await namesOf(house, 'viewer'), []);
});

test('views are bounded in number and size, and the log is told none of their words', async (t) => {
  const house = await openHouse(t);
  for (let at = 0; at < VIEWS_MAX; at += 1)
    assert.equal((await save(house, 'viewer', `view ${at}`)).status, 201);
  assert.equal((await save(house, 'viewer', 'one more')).status, 422);
  assert.equal((await save(house, 'viewer', 'view 7', { user: 'a-person' })).status, 201);
  const many = Object.fromEntries(
    Array.from({ length: 21 }, (_, at) => [`x${String.fromCodePoint(97 + at)}`, 'y']),
  );
  for (const [name, query] of [
    ['', {}],
    ['x'.repeat(65), {}],
    ['two\nlines', {}],
    ['x', { text: 'x'.repeat(257) }],
    ['x', { text: 7 }],
    ['x', { 'not a name': 'x' }],
    ['x', many],
  ] as const)
    assert.equal((await save(house, 'operator', name, query)).status, 400, name);
  const told = JSON.stringify(await house.storage.outbox.pending(1_000));
  assert.match(told, /view\.save/u);
  assert.doesNotMatch(told, /a-person|view 7/u);
});

test('the views of an account go with it', async (t) => {
  const house = await openHouse(t);
  const { session, person } = await house.as('person');
  assert.ok(session !== undefined && person !== undefined);
  const body = { name: 'mine', query: {} };
  assert.equal((await house.ask('POST', VIEWS, { session, body })).status, 201);
  const owner = `account:acc_${person.account.id}`;
  assert.equal((await house.storage.savedViews.find(owner))?.views.length, 1);
  const path = `/admin/v1/accounts/acc_${person.account.id}`;
  const token = house.token('platform-admin');
  const { headers } = await house.ask('GET', path, { token });
  const ifMatch = { 'if-match': String(headers.etag) };
  assert.equal((await house.ask('DELETE', path, { token, headers: ifMatch })).status, 204);
  assert.equal(await house.storage.savedViews.find(owner), null);
});
