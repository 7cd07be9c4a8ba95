/**
 * How many calls a deployment takes at once, learned from the time to its first byte.
 *
 * Total time follows the length of the answer and says nothing; nor does one slow first byte, which
 * may be a long prompt. What a standing queue cannot hide is that even the fastest call of a window
 * is late. So windows are judged by their best call, against the best that the deployment is known
 * for. Pure: it reads no clock.
 */
import type { Limit } from './limit.ts';

export interface LimitBounds {
  readonly min: number;
  readonly max: number;
}

const SAMPLES_MIN = 16;
const WINDOW_MS_MIN = 100;
/** The best call of a window may be so much later than the floor before calls are held back. */
const TOLERANCE = 1.1;
const SLACK_MS = 5;
/** A cut is at most by half: a deployment that streams for long is late by much for little excess. */
const CUT_MIN = 0.5;
/** Growth in one window: a sixteenth, at least one call. */
const GROWTH_SHARE = 0.0625;
/** A limit that is always used never sees the deployment idle; so often it is made to. */
const PROBE_EVERY_MS = 30_000;
/** Where long answers hold every place there are no samples: then the want of a place counts instead. */
const PATIENCE_MS = 1_000;
/** A storm of refusals is one piece of news. */
const HALVE_EVERY_MS = 1_000;

const BEGINNING = Number.NEGATIVE_INFINITY;

/** Answers in one piece begin when they are written, so they have a floor of their own. */
interface Kind {
  floorMs: number;
  windowLowMs: number;
}

const newKind = (): Kind => ({
  floorMs: Number.POSITIVE_INFINITY,
  windowLowMs: Number.POSITIVE_INFINITY,
});

export class AdaptiveLimit implements Limit {
  #bounds: LimitBounds;
  #limit: number;
  readonly #streamed = newKind();
  readonly #whole = newKind();
  #samples = 0;
  /** Of the best call so far in the window: what it might have taken, over what it took. */
  #best = 0;
  /** Of the last call that was heard of, whenever it began. */
  #wasLate = false;
  #peak = 0;
  #windowMs = BEGINNING;
  /** When it was last changed. Calls that began before that say nothing of the limit in force. */
  #changedMs = BEGINNING;
  #halvedMs = BEGINNING;
  #probedMs = BEGINNING;
  /** The limit to go back to after a probe; null: there is none. */
  #beforeProbe: number | null = null;

  /** Begins at the top: a limit that begins low refuses calls that nobody had to refuse. */
  constructor(bounds: LimitBounds) {
    this.#bounds = bounds;
    this.#limit = bounds.max;
  }

  get value(): number {
    return Math.floor(this.#limit);
  }

  /** A changed configuration. What was learned stays, within the new bounds. */
  bound(bounds: LimitBounds): void {
    const wasAtTop = this.#limit === this.#bounds.max;
    this.#bounds = bounds;
    this.#limit = this.#clamped(wasAtTop ? bounds.max : this.#limit);
  }

  noted(inFlight: number): void {
    if (inFlight > this.#peak) this.#peak = inFlight;
  }

  /** Somebody waits, and for a while nothing has said that the limit is too high. */
  wanted(nowMs: number): void {
    // With a queue at the provider every call is late, and in a long one also all that are heard of.
    if (this.#wasLate || nowMs - this.#changedMs < this.#patienceMs) return;
    if (this.#beforeProbe === null) this.#grow(nowMs);
    else this.#endProbe(nowMs);
    this.#begin();
  }

  answered(isStreamed: boolean, startedMs: number, nowMs: number): void {
    const tookMs = nowMs - startedMs;
    const kind = isStreamed ? this.#streamed : this.#whole;
    if (tookMs < kind.floorMs) kind.floorMs = tookMs;
    const share = (kind.floorMs * TOLERANCE + SLACK_MS) / Math.max(tookMs, 1);
    this.#wasLate = share < 1;
    if (startedMs < this.#changedMs) return;
    if (tookMs < kind.windowLowMs) kind.windowLowMs = tookMs;
    if (share > this.#best) this.#best = share;
    if (this.#samples === 0) this.#windowMs = nowMs;
    this.#samples += 1;
    if (this.#samples >= SAMPLES_MIN && nowMs - this.#windowMs >= WINDOW_MS_MIN) {
      this.#judge(nowMs);
    }
  }

  overloaded(startedMs: number, nowMs: number): void {
    if (startedMs < this.#halvedMs || nowMs - this.#halvedMs < HALVE_EVERY_MS) return;
    this.#halvedMs = nowMs;
    this.#beforeProbe = null;
    this.#change(this.#limit / 2, nowMs);
    this.#begin();
  }

  #judge(nowMs: number): void {
    if (this.#beforeProbe !== null) this.#endProbe(nowMs);
    else if (this.#peak * 2 < this.value) {
      // Half empty, so nobody waits there for a place: that is what it takes when it is idle. And the
      // limit holds nobody back, whatever the times are.
      this.#raiseFloors(0.25);
      this.#probedMs = nowMs;
    } else if (this.#best < 1 && this.#limit === this.#bounds.min) {
      // So few make no queue: it has become slower, and is not to be held to what it was.
      this.#raiseFloors(0.25);
    } else if (this.#best < 1) this.#change(this.#limit * Math.max(CUT_MIN, this.#best), nowMs);
    else if (this.#peak >= this.value) this.#grow(nowMs);
    this.#begin();
  }

  #grow(nowMs: number): void {
    if (nowMs - this.#probedMs >= PROBE_EVERY_MS && this.#probedMs !== BEGINNING) {
      this.#probedMs = nowMs;
      this.#beforeProbe = this.#limit;
      this.#change(this.#limit / 2, nowMs);
      return;
    }
    if (this.#probedMs === BEGINNING) this.#probedMs = nowMs;
    this.#change(this.#limit + Math.max(1, this.#limit * GROWTH_SHARE), nowMs);
  }

  #endProbe(nowMs: number): void {
    this.#raiseFloors(0.5);
    this.#change(this.#beforeProbe ?? this.#limit, nowMs);
    this.#beforeProbe = null;
  }

  /** Long enough for what the last change did to be seen. */
  get #patienceMs(): number {
    const floors = [this.#streamed.floorMs, this.#whole.floorMs].filter(Number.isFinite);
    return Math.max(PATIENCE_MS, ...floors.map((floorMs) => floorMs * 2));
  }

  #change(to: number, nowMs: number): void {
    const limit = this.#clamped(to);
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#changedMs = nowMs;
  }

  #begin(): void {
    this.#samples = 0;
    this.#best = 0;
    this.#peak = 0;
    this.#streamed.windowLowMs = Number.POSITIVE_INFINITY;
    this.#whole.windowLowMs = Number.POSITIVE_INFINITY;
  }

  /** Part of the way up only: one window of long prompts is not the new floor. */
  #raiseFloors(share: number): void {
    for (const kind of [this.#streamed, this.#whole]) {
      if (kind.windowLowMs === Number.POSITIVE_INFINITY) continue;
      if (kind.windowLowMs > kind.floorMs) {
        kind.floorMs += (kind.windowLowMs - kind.floorMs) * share;
      }
    }
  }

  #clamped(limit: number): number {
    return Math.min(this.#bounds.max, Math.max(this.#bounds.min, limit));
  }
}
