/**
 * So many at once, the rest in a queue: the way into something that takes a limited number of calls.
 *
 * Where there is room a call goes in without a promise, a timer or a look at the clock. A place that
 * was taken is given back once, whoever says so and however often.
 */
import type { CallClass } from '#domain/call-class.ts';
import { Fault } from '#domain/fault.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Claim, QueueRefusal } from './claim.ts';
import { FairQueue, type QueueBounds, Waiter } from './fair-queue.ts';
import type { Limit } from './limit.ts';

/** How often who has waited too long is looked for, while somebody waits. */
const SWEEP_MS = 20;

export interface GatePorts {
  readonly clock: Clock;
  /** Runs again and again until it is cancelled. */
  readonly every: (ms: number, run: () => void) => () => void;
  /** Told how long a call that had to wait has waited, however it ended. */
  readonly waited: (callClass: CallClass, ms: number) => void;
}

/** A place inside. */
export class Slot {
  readonly claim: Claim;
  #gate: Gate | null;

  constructor(gate: Gate, claim: Claim) {
    this.#gate = gate;
    this.claim = claim;
  }

  /** Leaving twice changes nothing. */
  leave(): void {
    const gate = this.#gate;
    this.#gate = null;
    gate?.left();
  }
}

export class Gate {
  readonly limit: Limit;
  readonly #queue: FairQueue;
  readonly #ports: GatePorts;
  #inFlight = 0;
  #stopSweep: (() => void) | null = null;

  constructor(limit: Limit, bounds: QueueBounds, ports: GatePorts) {
    this.limit = limit;
    this.#queue = new FairQueue(bounds);
    this.#ports = ports;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get hasRoom(): boolean {
    return this.#inFlight < this.limit.value;
  }

  depth(callClass: CallClass): number {
    return this.#queue.depth(callClass);
  }

  bound(bounds: QueueBounds): void {
    this.#queue.bound(bounds);
  }

  /** A place, or why there is none. Rejects with the reason where the caller leaves. */
  enter(claim: Claim, cancellation: Cancellation): MaybePromise<Slot | QueueRefusal> {
    // Whoever waits is let in as soon as there is room, so nobody is overtaken here.
    const slot = this.tryEnter(claim);
    if (slot !== null) return slot;
    const nowMs = this.#ports.clock.monotonicMs();
    this.limit.wanted(nowMs);
    this.admit();
    return this.tryEnter(claim) ?? this.#wait(claim, cancellation, nowMs);
  }

  /** Null: there is no room now. */
  tryEnter(claim: Claim): Slot | null {
    if (this.#inFlight >= this.limit.value) return null;
    this.#inFlight += 1;
    this.limit.noted(this.#inFlight);
    return new Slot(this, claim);
  }

  /** The first byte of an answer of this deployment is there. */
  answered(isStreamed: boolean, startedMs: number): void {
    this.limit.answered(isStreamed, startedMs, this.#ports.clock.monotonicMs());
    this.admit();
  }

  /** The provider has too much to do. */
  overloaded(startedMs: number): void {
    this.limit.overloaded(startedMs, this.#ports.clock.monotonicMs());
  }

  left(): void {
    this.#inFlight -= 1;
    this.admit();
  }

  /** Lets in whom there is room for: somebody has left, or the limit has grown. */
  admit(): void {
    if (this.#stopSweep === null) return;
    const nowMs = this.#ports.clock.monotonicMs();
    while (this.#inFlight < this.limit.value) {
      const waiter = this.#queue.take(nowMs);
      if (waiter === null) break;
      waiter.settle('entered');
    }
    this.#restWhenEmpty();
  }

  #wait(
    claim: Claim,
    cancellation: Cancellation,
    sinceMs: number,
  ): MaybePromise<Slot | QueueRefusal> {
    const { reason } = cancellation;
    if (reason !== null) throw faultOf(reason);
    let settle: Waiter['settle'] = () => {};
    const waiter = new Waiter(claim, sinceMs, (outcome) => settle(outcome));
    if (!this.#queue.add(waiter)) return 'full';
    this.#stopSweep ??= this.#ports.every(SWEEP_MS, () => this.#sweep());
    return new Promise((resolve, reject) => {
      const waited = (): void => {
        cancellation.off(onCancel);
        this.#ports.waited(claim.callClass, this.#ports.clock.monotonicMs() - sinceMs);
      };
      const onCancel = (why: Error): void => {
        this.#queue.remove(waiter);
        this.#restWhenEmpty();
        waited();
        reject(faultOf(why));
      };
      settle = (outcome) => {
        waited();
        // The place is taken before the promise is heard of: nobody else may see the room meanwhile.
        const slot = outcome === 'entered' ? this.tryEnter(claim) : outcome;
        resolve(slot ?? 'full');
      };
      cancellation.on(onCancel);
    });
  }

  #sweep(): void {
    this.#queue.expire(this.#ports.clock.monotonicMs());
    this.#restWhenEmpty();
  }

  /** Where nobody waits there is no timer. */
  #restWhenEmpty(): void {
    if (this.#queue.size > 0) return;
    this.#stopSweep?.();
    this.#stopSweep = null;
  }
}

const faultOf = (reason: Error): Fault =>
  reason instanceof Fault ? reason : new Fault('client-gone', 'the caller left while waiting');
