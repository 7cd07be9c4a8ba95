/**
 * Calls that wait for a place: bounded in number and in time, interactive ones before batch, tenants
 * in fair order.
 *
 * A queue that is sometimes empty evens out bursts, and there a call may wait for `waitMaxMs`. One
 * that has not been empty for a while only adds its length to every answer: then a call waits for
 * `targetMs` at most and the newest comes first, since the oldest is the one whose caller has most
 * likely given up. Pure: it reads no clock and has no timer.
 */
import { type CallClass, callClasses } from '#domain/call-class.ts';
import { Chain, type Link } from '#stdx/chain.ts';

import type { Claim, QueueRefusal } from './claim.ts';
import { FairLane, type Place } from './fair-lane.ts';

export interface QueueBounds {
  readonly waitersMax: number;
  readonly waitMaxMs: number;
  readonly targetMs: number;
}

/** Not empty for so many times the target: it is no burst. */
const BUSY_TARGETS = 5;
/** While interactive calls wait, every tenth turn is a batch call's: few, and none starves. */
const BATCH_EVERY = 10;

/** One that waits. */
export class Waiter {
  readonly claim: Claim;
  readonly sinceMs: number;
  /** Called once: it has its place, or why it has none. */
  readonly settle: (outcome: 'entered' | QueueRefusal) => void;
  /** Where it stands; the queue's to change. */
  place: { readonly inLane: Place<Waiter>; readonly arrival: Link<Waiter> } | null = null;

  constructor(claim: Claim, sinceMs: number, settle: Waiter['settle']) {
    this.claim = claim;
    this.sinceMs = sinceMs;
    this.settle = settle;
  }
}

class Lane {
  readonly fair = new FairLane<Waiter>();
  /** By age, whatever the tenant: who has waited too long is at its beginning. */
  readonly arrivals = new Chain<Waiter>();
}

export class FairQueue {
  #bounds: QueueBounds;
  readonly #lanes: Readonly<Record<CallClass, Lane>> = {
    interactive: new Lane(),
    batch: new Lane(),
  };
  /** Since when it has not been empty. */
  #busySinceMs = 0;
  #turns = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  bound(bounds: QueueBounds): void {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#lanes.interactive.fair.size + this.#lanes.batch.fair.size;
  }

  depth(callClass: CallClass): number {
    return this.#lanes[callClass].fair.size;
  }

  /**
   * False: there is no place for it, and it was not added. A tenant may have as many waiting as there
   * are places left: one alone half of them, two a third each, so that there is always one for the
   * next tenant. Where all are taken, an interactive call takes that of the oldest batch call.
   */
  add(waiter: Waiter): boolean {
    const { tenant, callClass } = waiter.claim;
    const { fair, arrivals } = this.#lanes[callClass];
    const free = this.#bounds.waitersMax - this.size;
    const oldestBatch = callClass === 'batch' ? undefined : this.#lanes.batch.arrivals.first;
    // With batch calls about, their places are as good as free ones.
    const places = oldestBatch === undefined ? free : free + this.depth('batch');
    if (fair.sizeOf(tenant) >= places) return false;
    if (free <= 0 && oldestBatch !== undefined) this.#refuse(oldestBatch, 'full');
    if (this.size === 0) this.#busySinceMs = waiter.sinceMs;
    waiter.place = { inLane: fair.add(waiter), arrival: arrivals.add(waiter) };
    return true;
  }

  /** Takes out who is next. */
  take(nowMs: number): Waiter | null {
    const { interactive, batch } = this.#lanes;
    let { fair } = interactive;
    if (batch.fair.size > 0) {
      this.#turns += 1;
      if (interactive.fair.size === 0 || this.#turns % BATCH_EVERY === 0) ({ fair } = batch);
    }
    const waiter = fair.next(this.isBusy(nowMs));
    if (waiter === undefined) return null;
    this.remove(waiter);
    return waiter;
  }

  /** Removing who has left already changes nothing. */
  remove(waiter: Waiter): void {
    const { place } = waiter;
    if (place === null) return;
    waiter.place = null;
    const { fair, arrivals } = this.#lanes[waiter.claim.callClass];
    fair.remove(place.inLane);
    arrivals.remove(place.arrival);
  }

  /** Refuses all who have waited for as long as anyone may. */
  expire(nowMs: number): void {
    const boundMs = this.isBusy(nowMs) ? this.#bounds.targetMs : this.#bounds.waitMaxMs;
    for (const callClass of callClasses) {
      const { arrivals } = this.#lanes[callClass];
      for (let oldest = arrivals.first; oldest !== undefined; oldest = arrivals.first) {
        if (nowMs - oldest.sinceMs < boundMs) break;
        this.#refuse(oldest, 'late');
      }
    }
  }

  /** Whether it has been long since it was empty. */
  isBusy(nowMs: number): boolean {
    const { targetMs, waitMaxMs } = this.#bounds;
    const busyMs = nowMs - this.#busySinceMs;
    return this.size > 0 && busyMs >= Math.min(waitMaxMs, targetMs * BUSY_TARGETS);
  }

  #refuse(waiter: Waiter, reason: QueueRefusal): void {
    this.remove(waiter);
    waiter.settle(reason);
  }
}
