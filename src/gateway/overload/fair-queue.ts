/**
 * Calls that wait for a place: bounded in number and in time, interactive ones before batch, tenants
 * in fair order.
 *
 * A queue whose oldest call is soon served evens out bursts, and there a call may wait for `waitMaxMs`.
 * One whose oldest has been older than `targetMs` for a while only adds its length to every answer:
 * then a call waits for `targetMs` at most, and where a line is old its newest comes first, since the
 * oldest is the one whose caller has most likely given up. Pure: it reads no clock, has no timer.
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

/** Late for so many times the target: it is no burst. */
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
  /** Whether calls have waited for too long for a while. */
  isBusy = false;
  /** When the oldest was last younger than the target; while it is busy, when somebody was last late. */
  turnedMs = Number.NEGATIVE_INFINITY;
}

export class FairQueue {
  #bounds: QueueBounds;
  readonly #lanes: Readonly<Record<CallClass, Lane>> = {
    interactive: new Lane(),
    batch: new Lane(),
  };
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
    this.#judge(this.#lanes[callClass], waiter.sinceMs);
    waiter.place = { inLane: fair.add(waiter), arrival: arrivals.add(waiter) };
    return true;
  }

  /** Takes out who is next. */
  take(nowMs: number): Waiter | null {
    const { interactive, batch } = this.#lanes;
    let lane = interactive;
    if (batch.fair.size > 0) {
      this.#turns += 1;
      if (interactive.fair.size === 0 || this.#turns % BATCH_EVERY === 0) lane = batch;
    }
    this.#judge(lane, nowMs);
    // A line whose oldest is still young is served in order: it is on its way to be served in time.
    const oldMs = lane.isBusy ? this.#bounds.targetMs / 2 : Number.POSITIVE_INFINITY;
    const waiter = lane.fair.next(({ sinceMs }) => nowMs - sinceMs >= oldMs);
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
    const { targetMs, waitMaxMs } = this.#bounds;
    for (const callClass of callClasses) {
      const lane = this.#lanes[callClass];
      this.#judge(lane, nowMs);
      const boundMs = lane.isBusy ? targetMs : waitMaxMs;
      for (let oldest = lane.arrivals.first; oldest !== undefined; oldest = lane.arrivals.first) {
        if (nowMs - oldest.sinceMs < boundMs) break;
        lane.turnedMs = nowMs;
        this.#refuse(oldest, 'late');
      }
    }
  }

  isBusy(callClass: CallClass): boolean {
    return this.#lanes[callClass].isBusy;
  }

  /** Busy begins when the oldest was late all the time, and ends when for as long nobody was. */
  #judge(lane: Lane, nowMs: number): void {
    const { targetMs, waitMaxMs } = this.#bounds;
    const oldest = lane.arrivals.first;
    if (oldest === undefined || (!lane.isBusy && nowMs - oldest.sinceMs < targetMs)) {
      lane.isBusy = false;
      lane.turnedMs = nowMs;
      return;
    }
    if (nowMs - lane.turnedMs < Math.min(waitMaxMs, targetMs * BUSY_TARGETS)) return;
    lane.isBusy = !lane.isBusy;
    lane.turnedMs = nowMs;
  }

  #refuse(waiter: Waiter, reason: QueueRefusal): void {
    this.remove(waiter);
    waiter.settle(reason);
  }
}
