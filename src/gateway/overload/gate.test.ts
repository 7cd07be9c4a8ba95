import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Fault } from '#domain/fault.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import type { Claim } from './claim.ts';
import { Gate, Slot } from './gate.ts';
import { FixedLimit } from './limit.ts';

const CLAIM: Claim = { tenant: 'a', weight: 1, callClass: 'interactive' };

function scene(places: number) {
  const time = { nowMs: 0, sweep: null as (() => void) | null };
  const limit = new FixedLimit(places);
  const waits: number[] = [];
  const gate = new Gate(
    limit,
    { waitersMax: 4, waitMaxMs: 1_000, targetMs: 100 },
    {
      clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs },
      every: (_ms, run) => {
        time.sweep = run;
        return () => {
          time.sweep = null;
        };
      },
      waited: (_callClass, ms) => waits.push(ms),
    },
  );
  const enter = () => gate.enter(CLAIM, new Cancellation());
  const inside = (): Slot => {
    const entered = enter();
    assert.ok(entered instanceof Slot, 'there is room');
    return entered;
  };
  return { gate, limit, time, waits, enter, inside };
}

describe('a gate', () => {
  test('lets in at once while there is room, with no timer', () => {
    const { gate, inside, time, waits } = scene(2);
    inside();
    inside();
    assert.equal(gate.inFlight, 2);
    assert.ok(!gate.hasRoom);
    assert.equal(time.sweep, null);
    assert.deepEqual(waits, []);
  });

  test('a place that is left goes to who waits, and leaving twice gives nobody a second one', async () => {
    const { gate, inside, enter, time, waits } = scene(1);
    const slot = inside();
    const [first, second] = [enter(), enter()];
    time.nowMs = 30;
    slot.leave();
    slot.leave();
    const entered = await first;
    assert.ok(entered instanceof Slot);
    assert.equal(gate.inFlight, 1);
    assert.deepEqual(waits, [30]);
    entered.leave();
    assert.ok((await second) instanceof Slot);
    assert.equal(time.sweep, null, 'nobody waits: no timer');
  });

  test('who waits too long is told so, and who comes to a full queue at once', async () => {
    const { inside, enter, time } = scene(1);
    inside();
    const waiting = enter();
    enter();
    assert.equal(enter(), 'full');
    time.nowMs = 1_000;
    time.sweep?.();
    assert.equal(await waiting, 'late');
    assert.equal(time.sweep, null);
  });

  test('who leaves while waiting gives its place in the queue back at once', async () => {
    const { gate, inside, time } = scene(1);
    const slot = inside();
    const cancellation = new Cancellation();
    const entering = Promise.resolve(gate.enter(CLAIM, cancellation));
    assert.equal(gate.depth('interactive'), 1);
    cancellation.cancel(new Fault('client-gone', 'left'));
    await assert.rejects(entering, { code: 'client-gone' });
    assert.equal(gate.depth('interactive'), 0);
    assert.equal(time.sweep, null);
    slot.leave();
    assert.equal(gate.inFlight, 0);
    assert.throws(() => {
      inside();
      void gate.enter(CLAIM, cancellation);
    }, Fault);
  });

  test('a limit that grows lets in as many more', async () => {
    const { gate, limit, inside, enter } = scene(1);
    inside();
    const waiting = [enter(), enter()];
    limit.value = 3;
    gate.admit();
    for (const entered of await Promise.all(waiting)) assert.ok(entered instanceof Slot);
    assert.equal(gate.inFlight, 3);
  });

  test('a limit that shrinks lets nobody in until enough have left', async () => {
    const { gate, limit, inside, enter } = scene(3);
    const slots = [inside(), inside(), inside()];
    const waiting = enter();
    limit.value = 1;
    slots[0]?.leave();
    slots[1]?.leave();
    assert.equal(gate.depth('interactive'), 1);
    slots[2]?.leave();
    assert.ok((await waiting) instanceof Slot);
  });
});
