/** Calls at once, and the line of a leaky bucket, against naive oracles: a million random events each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallerTurns } from './caller-turns.ts';
import { slotOf, TestClock, usedOf } from './counter-store.contract.ts';
import { MemoryCounters } from './memory/memory-counters.ts';
import { seeded } from './seeds.contract.ts';

const EVENTS = 1_000_000;
/** All are as long: the store sweeps in the order of their beginnings. */
const LEASE_MS = 40;

/** Calls that run: a plain list, searched from end to end. */
class Running {
  #calls: { readonly id: string; readonly bucket: string; endsMs: number }[] = [];

  in(bucket: string): number {
    return this.#calls.filter((call) => call.bucket === bucket).length;
  }

  begin(id: string, bucket: string, endsMs: number): void {
    this.#calls.push({ id, bucket, endsMs });
  }

  extend(id: string, endsMs: number): boolean {
    const call = this.#calls.find((one) => one.id === id);
    if (call !== undefined) call.endsMs = endsMs;
    return call !== undefined;
  }

  end(id: string): boolean {
    const left = this.#calls.filter((call) => call.id !== id);
    const isThere = left.length < this.#calls.length;
    this.#calls = left;
    return isThere;
  }

  /** How many leases are over. */
  sweep(nowMs: number): number {
    const left = this.#calls.filter(({ endsMs }) => endsMs > nowMs);
    const over = this.#calls.length - left.length;
    this.#calls = left;
    return over;
  }
}

test('concurrency: a million beginnings, ends, leases and sweeps, and every answer is that of a list', () => {
  const random = seeded(7);
  const clock = new TestClock();
  const store = new MemoryCounters(clock);
  const running = new Running();
  const limits = { a: 1, b: 3, c: 8 };
  const buckets = Object.keys(limits) as (keyof typeof limits)[];
  let [begun, refused, ended, expired, late] = [0, 0, 0, 0, 0];
  for (let event = 0; event < EVENTS; event += 1) {
    clock.ms += random(4);
    const bucket = buckets[random(3)] ?? 'a';
    // Of the last few, so that ends meet calls that run, that have ended, and that were refused.
    const id = `call-${begun - 1 - random(16)}`;
    const what = random(8);
    if (what < 4) {
      const demands = [slotOf(bucket, limits[bucket])];
      const name = `call-${begun}`;
      const isHeld = store.reserve(name, demands, LEASE_MS).kind === 'held';
      assert.equal(isHeld, running.in(bucket) < limits[bucket], `event ${event}`);
      if (isHeld) running.begin(name, bucket, clock.ms + LEASE_MS);
      else refused += 1;
      begun += 1;
    } else if (what < 6) {
      const { isMoved } = store.settle(id, [slotOf(bucket, limits[bucket])], usedOf({}));
      assert.equal(isMoved, running.end(id), `event ${event}`);
      if (isMoved) ended += 1;
      else late += 1;
    } else if (what === 6) {
      assert.equal(store.extend(id, LEASE_MS), running.extend(id, clock.ms + LEASE_MS));
    } else {
      const over = store.sweep();
      assert.equal(over, running.sweep(clock.ms), `event ${event}`);
      expired += over;
    }
  }
  for (const count of [refused, ended, expired, late]) assert.ok(count > 10_000, `${count}`);
});

interface Waiting {
  readonly caller: string;
  readonly item: number;
}

/** A line as it is said: whoever has waited longest since its last turn, its own in their order. */
class NaiveLine {
  readonly #waiting: Waiting[] = [];
  readonly #turnAt = new Map<string, number>();

  push(caller: string, item: number, at: number): void {
    // Who did not wait has waited since now, whatever it was given before.
    if (!this.#waiting.some((one) => one.caller === caller)) this.#turnAt.set(caller, at);
    this.#waiting.push({ caller, item });
  }

  shift(at: number): number | undefined {
    let next: Waiting | undefined;
    for (const one of this.#waiting) {
      if (next === undefined || this.#since(one.caller) < this.#since(next.caller)) next = one;
    }
    if (next === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#turnAt.set(next.caller, at);
    return next.item;
  }

  remove(caller: string, item: number): boolean {
    const at = this.#waiting.findIndex((one) => one.caller === caller && one.item === item);
    if (at !== -1) this.#waiting.splice(at, 1);
    return at !== -1;
  }

  get size(): number {
    return this.#waiting.length;
  }

  #since(caller: string): number {
    return this.#turnAt.get(caller) ?? 0;
  }
}

test('leaky bucket: a million arrivals, turns and callers who leave, and the order is that of a list', () => {
  const random = seeded(11);
  const line = new CallerTurns<number>();
  const naive = new NaiveLine();
  const callers = ['a', 'b', 'c', 'd', 'e'];
  let [served, left, empty] = [0, 0, 0];
  for (let event = 1; event <= EVENTS; event += 1) {
    const caller = callers[random(random(2) === 0 ? 1 : callers.length)] ?? 'a';
    const what = random(16);
    if (what < 7 && naive.size < 20) {
      line.push(caller, event);
      naive.push(caller, event, event);
    } else if (what < 14) {
      const item = line.shift();
      assert.equal(item, naive.shift(event), `event ${event}`);
      if (item === undefined) empty += 1;
      else served += 1;
    } else {
      const item = event - random(30);
      const isGone = line.remove(caller, item);
      assert.equal(isGone, naive.remove(caller, item), `event ${event}`);
      if (isGone) left += 1;
    }
    assert.equal(line.size, naive.size);
  }
  for (const count of [served, left, empty]) assert.ok(count > 10_000, `${count}`);
});
