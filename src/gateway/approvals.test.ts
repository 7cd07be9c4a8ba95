import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cancellation } from '#stdx/cancellation.ts';
import { systemClock } from '#stdx/clock.ts';

import {
  ApprovalDesk,
  ARGUMENT_CHARS_MAX,
  WAITING_MAX,
  WAITING_PER_TENANT_MAX,
} from './approvals.ts';

const call = { name: 'pay', arguments: { to: 'x' } };
const questionOf = (changes: object = {}) => ({
  tenant: 'acme',
  owner: 'user/ann',
  model: 'm',
  call,
  reasons: [{ guard: 'g', category: 'c' }],
  withinMs: 60_000,
  ...changes,
});

const stateOf = (asking: Promise<boolean>): Promise<boolean | 'waits'> =>
  Promise.race([asking, new Promise<'waits'>((resolve) => setImmediate(() => resolve('waits')))]);

test('a call waits until somebody decides, and is forgotten then', async () => {
  const desk = new ApprovalDesk(systemClock);
  const asking = desk.ask(questionOf(), new Cancellation());
  assert.equal(await stateOf(asking), 'waits');
  const [waiting] = desk.waiting();
  assert.ok(waiting !== undefined);
  assert.equal(waiting.argumentsText, '{"to":"x"}');
  assert.equal(waiting.endsMs - waiting.askedMs, 60_000);
  assert.equal(desk.decide('other', true), false);
  assert.equal(desk.decide(waiting.id, true), true);
  assert.equal(await asking, true);
  assert.equal(desk.count, 0);
  assert.equal(desk.decide(waiting.id, true), false, 'a decision counts once');
});

test('nobody answers in time, or the caller leaves: it is refused and forgotten', async () => {
  const desk = new ApprovalDesk(systemClock);
  // The desk does not keep a process alive, so the test does.
  const alive = setTimeout(() => {}, 10_000);
  assert.equal(await desk.ask(questionOf({ withinMs: 20 }), new Cancellation()), false);
  clearTimeout(alive);
  const cancellation = new Cancellation();
  const asking = desk.ask(questionOf(), cancellation);
  cancellation.cancel(new Error('left'));
  assert.equal(await asking, false);
  assert.equal(await desk.ask(questionOf(), cancellation), false, 'who has left does not wait');
  assert.equal(desk.count, 0);
});

test('a desk has bounds, for all and for each tenant, and for what a person can read', async () => {
  const desk = new ApprovalDesk(systemClock);
  const ask = (tenant: string) => desk.ask(questionOf({ tenant }), new Cancellation());
  for (let index = 0; index < WAITING_PER_TENANT_MAX; index += 1) void ask('acme');
  assert.equal(await stateOf(ask('acme')), false);
  for (let index = 0; desk.count < WAITING_MAX; index += 1) void ask(`t${index}`);
  assert.equal(await stateOf(ask('another')), false);
  const long = { name: 'pay', arguments: 'x'.repeat(ARGUMENT_CHARS_MAX) };
  const other = new ApprovalDesk(systemClock);
  assert.equal(await other.ask(questionOf({ call: long }), new Cancellation()), false);
});
