import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ok } from '#stdx/result.ts';

import { IdempotencyDesk, type IdempotentCall } from './idempotency.ts';
import { adminRoutes } from './routes.ts';
import { type House, openHouse, textIn } from './admin.contract.ts';

const post = (house: House, path: string, key: string, body: unknown, token?: string) =>
  house.ask('POST', path, {
    token: token ?? house.token('platform-admin'),
    body,
    headers: { 'idempotency-key': key },
  });

test('a write that is sent again is made once, and has the same answer, its secret too', async (t) => {
  const house = await openHouse(t);
  const body = { tenant: 'acme', name: 'once' };
  const many = await Promise.all(
    Array.from({ length: 10 }, () => post(house, '/admin/v1/keys', 'order-1', body)),
  );
  assert.deepEqual(new Set(many.map(({ status }) => status)), new Set([201]));
  assert.equal(new Set(many.map((one) => textIn(one, 'key'))).size, 1);
  const { items } = await house.storage.keys.list({ tenant: 'acme', limit: 100 });
  assert.equal(items.filter(({ name }) => name === 'once').length, 1);
  const quoted = await post(house, '/admin/v1/keys', '"order-1"', body);
  assert.equal(textIn(quoted, 'key'), textIn(many[0] ?? quoted, 'key'));
});

test('another request under the key is refused, and another caller has keys of its own', async (t) => {
  const house = await openHouse(t);
  const first = await post(house, '/admin/v1/teams', 'k', { id: 'a', tenant: 'acme' });
  assert.equal(first.status, 201);
  const other = await post(house, '/admin/v1/teams', 'k', { id: 'b', tenant: 'acme' });
  assert.equal(other.status, 422);
  assert.match(textIn(other, 'type'), /idempotency-mismatch/u);
  const elsewhere = await post(house, '/admin/v1/users', 'k', { id: 'a', tenant: 'acme' });
  assert.equal(elsewhere.status, 422, 'the same body on another route is another request');
  const token = house.token('confined') ?? '';
  const theirs = await post(house, '/admin/v1/teams', 'k', { id: 'b', tenant: 'acme' }, token);
  assert.equal(theirs.status, 201);
  const odd = await post(house, '/admin/v1/teams', 'two words', { id: 'c', tenant: 'acme' });
  assert.equal(odd.status, 400);
});

test('what was refused was not done, and may be sent again under its key', async (t) => {
  const house = await openHouse(t);
  const body = { id: 'late', tenant: 'later' };
  assert.equal((await post(house, '/admin/v1/teams', 'k', body)).status, 404);
  await post(house, '/admin/v1/tenants', 'make', { id: 'later' });
  assert.equal((await post(house, '/admin/v1/teams', 'k', body)).status, 201);
});

test('a key that was used before this process began is known for a day, and nothing is made twice', async (t) => {
  const house = await openHouse(t);
  const body = { id: 'a', tenant: 'acme' };
  const { storage, time } = house;
  assert.equal((await post(house, '/admin/v1/teams', 'k', body)).status, 201);
  const claimed = await storage.onceKeys.claim('x', time.nowMs);
  assert.equal(claimed, true);
  assert.equal(await storage.onceKeys.claim('x', time.nowMs + 86_399_999), false);
  assert.equal(await storage.onceKeys.claim('x', time.nowMs + 86_400_000), true);
  await storage.onceKeys.release('x');
  assert.equal(await storage.onceKeys.claim('x', time.nowMs), true);
});

test('an answer is out of memory when its minutes are over, though nobody asks any more', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const pass = (ms: number): void => {
    nowMs += ms;
    t.mock.timers.tick(ms);
  };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const keys = { claim: () => Promise.resolve(true), release: () => Promise.resolve() };
  const desk = new IdempotencyDesk(keys, clock);
  const [route] = adminRoutes;
  assert.ok(route !== undefined);
  const who = {
    tokenId: 't',
    party: 'admin:t',
    person: null,
    tenant: null,
    isOneTime: false,
  } as const;
  const call: IdempotentCall = {
    actor: { ...who, role: 'platform-admin' },
    route,
    params: {},
    body: null,
  };
  const make = (key: string) =>
    desk.run(key, call, () => Promise.resolve(ok({ body: { key: 'shown once' } })));
  await make('first');
  pass(400_000);
  await make('second');
  pass(199_999);
  assert.equal(desk.size, 2);
  pass(1);
  assert.equal(desk.size, 1, 'the first has had its ten minutes');
  pass(400_000);
  assert.equal(desk.size, 0);
  await make('third');
  pass(600_000);
  assert.equal(desk.size, 0, 'and so on after it was empty');
});

test("who writes much pushes out its own answers, and no other's", async () => {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const used = new Set<string>();
  const keys = {
    claim: (id: string) => Promise.resolve(!used.has(id) && used.add(id) !== undefined),
    release: () => Promise.resolve(),
  };
  const desk = new IdempotencyDesk(keys, clock);
  const [route] = adminRoutes;
  assert.ok(route !== undefined);
  const ask = async (tokenId: string, key: string) => {
    const who = { tokenId, party: 'p', person: null, tenant: null, isOneTime: false } as const;
    const call = {
      actor: { ...who, role: 'platform-admin' as const },
      route,
      params: {},
      body: null,
    };
    const answer = await desk.run(key, call, () => Promise.resolve(ok({ body: { key: tokenId } })));
    return answer.ok ? JSON.stringify(answer.value.body) : answer.error.reason;
  };
  await ask('quiet', 'mine');
  for (let count = 0; count < 2_000; count += 1) await ask('busy', `k${count}`);
  assert.ok(desk.size <= 201, `${desk.size} answers`);
  assert.equal(await ask('quiet', 'mine'), '{"key":"quiet"}');
  assert.equal(await ask('busy', 'k1999'), '{"key":"busy"}');
  assert.match(await ask('busy', 'k0'), /done-before/u);
});
