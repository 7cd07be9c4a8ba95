import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import type { CallClass } from '#domain/call-class.ts';

import type { Claim } from './claim.ts';
import { FairQueue, Waiter } from './fair-queue.ts';

const BOUNDS = { waitersMax: 64, waitMaxMs: 1_000, targetMs: 100 };

const claimOf = (tenant: string, more: Partial<Claim> = {}): Claim => ({
  tenant,
  weight: 1,
  callClass: 'interactive',
  ...more,
});

function scene(bounds = BOUNDS) {
  const queue = new FairQueue(bounds);
  const told: string[] = [];
  const add = (name: string, claim: Claim, nowMs = 0): Waiter | null => {
    const waiter = new Waiter(claim, nowMs, (outcome) => told.push(`${name} ${outcome}`));
    return queue.add(waiter) ? waiter : null;
  };
  const tenants = (count: number, nowMs = 0): string[] =>
    Array.from({ length: count }, () => queue.take(nowMs)?.claim.tenant ?? '-');
  return { queue, told, add, tenants };
}

describe('a fair queue', () => {
  test('a tenant with many waiting delays another by one call, not by all of them', () => {
    const { add, tenants } = scene();
    for (let call = 0; call < 30; call += 1) add(`n${call}`, claimOf('noisy'));
    add('q0', claimOf('quiet'));
    add('q1', claimOf('quiet'));
    assert.deepEqual(tenants(5), ['noisy', 'quiet', 'noisy', 'quiet', 'noisy']);
  });

  test('a tenant of weight 3 has three turns where another has one', () => {
    const { add, tenants } = scene();
    for (let call = 0; call < 15; call += 1) {
      add(`h${call}`, claimOf('heavy', { weight: 3 }));
      add(`l${call}`, claimOf('light'));
    }
    const order = tenants(16);
    assert.equal(order.filter((tenant) => tenant === 'heavy').length, 12);
  });

  test('who comes later has saved up no turns', () => {
    const { add, tenants } = scene();
    for (let call = 0; call < 20; call += 1) add(`a${call}`, claimOf('early'));
    tenants(10);
    for (let call = 0; call < 10; call += 1) add(`b${call}`, claimOf('late'));
    const order = tenants(6);
    assert.equal(order.filter((tenant) => tenant === 'late').length, 3);
  });

  test('interactive before batch, and one turn in ten for batch so that it does not starve', () => {
    const { add, queue } = scene();
    for (let call = 0; call < 25; call += 1) {
      add(`i${call}`, claimOf('a'));
      add(`b${call}`, claimOf('b', { callClass: 'batch' }));
    }
    const order = Array.from({ length: 20 }, () => queue.take(0)?.claim.callClass);
    assert.equal(order.indexOf('batch'), 9);
    assert.equal(order.filter((one) => one === 'batch').length, 2);
  });

  test('a tenant alone has half of the places; the next one still finds room', () => {
    const { add, queue } = scene();
    let added = 0;
    while (add(`n${added}`, claimOf('noisy')) !== null) added += 1;
    assert.equal(added, 32);
    for (let call = 0; call < 16; call += 1) assert.ok(add(`q${call}`, claimOf('quiet')) !== null);
    assert.equal(add('one more', claimOf('quiet')), null);
    assert.equal(queue.size, 48);
  });

  test('an interactive call takes the place of the oldest batch call when all are taken', () => {
    const { add, told, queue } = scene({ ...BOUNDS, waitersMax: 4 });
    for (const tenant of ['a', 'b', 'c', 'd']) add(tenant, claimOf(tenant, { callClass: 'batch' }));
    assert.equal(queue.size, 4);
    assert.ok(add('person', claimOf('e')) !== null);
    assert.deepEqual(told, ['a full']);
    assert.equal(add('batch', claimOf('f', { callClass: 'batch' })), null);
    assert.equal(queue.size, 4);
  });

  test('in a burst the oldest comes first and may wait for a second', () => {
    const { add, queue, told } = scene();
    add('first', claimOf('a'), 0);
    add('second', claimOf('a'), 50);
    queue.expire(499);
    assert.deepEqual(told, []);
    assert.equal(queue.take(300)?.sinceMs, 0);
  });

  test('when the oldest has been late for long, nobody waits beyond the target and the newest of an old line comes first', () => {
    const { add, queue, told } = scene();
    add('first', claimOf('a'), 0);
    queue.expire(99);
    add('second', claimOf('a'), 570);
    queue.expire(598);
    assert.ok(!queue.isBusy('interactive'));
    queue.expire(599);
    assert.ok(queue.isBusy('interactive'));
    assert.deepEqual(told, ['first late']);
    add('third', claimOf('a'), 600);
    assert.equal(queue.take(610)?.sinceMs, 570, 'a young line is served in order');
    add('fourth', claimOf('a'), 640);
    assert.equal(queue.take(655)?.sinceMs, 640, 'an old one is not');
    queue.expire(700);
    assert.deepEqual(told, ['first late', 'third late']);
    add('fifth', claimOf('a'), 710);
    assert.ok(!queue.isBusy('interactive'), 'it was empty');
  });

  test('a queue that is never empty and always served in time refuses nobody', () => {
    const { add, queue, told } = scene();
    for (let call = 0; call < 6; call += 1) add(`c${call}`, claimOf('a'), 0);
    for (let nowMs = 5; nowMs < 5_000; nowMs += 5) {
      queue.expire(nowMs);
      assert.ok(queue.take(nowMs) !== null);
      add(`at ${nowMs}`, claimOf('a'), nowMs);
    }
    assert.deepEqual(told, []);
    assert.ok(!queue.isBusy('interactive'));
  });

  test('it is busy no more when for as long nobody was late', () => {
    const { add, queue } = scene();
    add('old', claimOf('a'), 0);
    for (let nowMs = 20; nowMs <= 700; nowMs += 20) queue.expire(nowMs);
    for (let nowMs = 700; nowMs < 1_400; nowMs += 20) {
      add(`at ${nowMs}`, claimOf('a'), nowMs);
      add(`and ${nowMs}`, claimOf('a'), nowMs);
      queue.expire(nowMs);
      queue.take(nowMs);
      queue.take(nowMs);
    }
    assert.ok(!queue.isBusy('interactive'));
  });

  test('who leaves is neither next nor late', () => {
    const { add, queue, told } = scene();
    const gone = add('gone', claimOf('a'));
    add('here', claimOf('b'), 1);
    assert.ok(gone !== null);
    queue.remove(gone);
    queue.remove(gone);
    assert.equal(queue.size, 1);
    assert.equal(queue.take(2)?.claim.tenant, 'b');
    assert.equal(queue.take(2), null);
    queue.expire(9_000);
    assert.deepEqual(told, []);
  });

  test('whatever comes, leaves and is late: each is heard of once, and the bounds hold', () => {
    const act = fc.oneof(
      { weight: 5, arbitrary: fc.record({ tenant: fc.nat({ max: 5 }), isBatch: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant('take' as const) },
      { weight: 1, arbitrary: fc.constant('leave' as const) },
    );
    const steps = fc.array(fc.record({ act, afterMs: fc.nat({ max: 60 }) }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new FairQueue({ ...BOUNDS, waitersMax: 8 });
        const waiting = new Set<Waiter>();
        let nowMs = 0;
        for (const step of all) {
          nowMs += step.afterMs;
          queue.expire(nowMs);
          for (const { sinceMs } of waiting) assert.ok(nowMs - sinceMs < BOUNDS.waitMaxMs);
          if (step.act === 'take') {
            const taken = queue.take(nowMs);
            assert.equal(taken === null, waiting.size === 0);
            if (taken !== null) assert.ok(waiting.delete(taken));
          } else if (step.act === 'leave') {
            const [one] = waiting;
            if (one === undefined) continue;
            queue.remove(one);
            waiting.delete(one);
          } else {
            const callClass: CallClass = step.act.isBatch ? 'batch' : 'interactive';
            const claim = claimOf(`t${step.act.tenant}`, { callClass });
            const waiter: Waiter = new Waiter(claim, nowMs, () =>
              assert.ok(waiting.delete(waiter)),
            );
            if (queue.add(waiter)) waiting.add(waiter);
          }
          assert.equal(queue.size, waiting.size);
          assert.ok(queue.size <= 8);
        }
      }),
    );
  });
});
