/**
 * One circuit breaker a deployment. It opens when a deployment keeps failing, stays open for a
 * while, then lets one probe through; the probe closes it or opens it for longer.
 */
import type { FaultCode } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';

const WINDOW_MS = 10_000;
const FAILURES_MIN = 5;
const FAILURE_SHARE = 0.5;
const OPEN_MS = 2_000;
const OPEN_MS_MAX = 30_000;

export type BreakerState = 'closed' | 'open' | 'half-open';

/** What becomes of a breaker, for those who count with others on the same deployment. */
export type BreakerTurn =
  | { readonly kind: 'opened'; readonly openMs: number; readonly fault: FaultCode }
  | { readonly kind: 'closed' };

export class Breaker {
  /** Told of each turn that this one has made itself. */
  onTurn: (turn: BreakerTurn) => void = () => {};
  readonly #clock: Clock;
  #windowStartMs = 0;
  #calls = 0;
  #failures = 0;
  #openUntilMs = 0;
  #openMs = OPEN_MS;
  #state: BreakerState = 'closed';
  #isProbing = false;
  #lastFault: FaultCode = 'provider-failed';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): BreakerState {
    if (this.#state === 'open' && this.#clock.monotonicMs() >= this.#openUntilMs)
      return 'half-open';
    return this.#state;
  }

  /** Why it opened: callers who are refused meanwhile are told the same. */
  get lastFault(): FaultCode {
    return this.#lastFault;
  }

  get retryAfterMs(): number {
    return Math.max(0, Math.ceil(this.#openUntilMs - this.#clock.monotonicMs()));
  }

  /** Whether a call may go now. In `half-open` the first who asks is the probe. */
  tryPass(): boolean {
    const { state } = this;
    if (state === 'closed') return true;
    if (state === 'open' || this.#isProbing) return false;
    this.#state = 'half-open';
    this.#isProbing = true;
    return true;
  }

  succeeded(): void {
    this.#count();
    this.#isProbing = false;
    this.answered();
  }

  /**
   * An answer has begun. That lets others in: a probe that is a stream of ten minutes would keep
   * everybody out until its end. How it ends still counts.
   */
  answered(): void {
    if (this.#state !== 'half-open') return;
    this.#close();
    this.onTurn({ kind: 'closed' });
  }

  failed(code: FaultCode): void {
    this.#count();
    this.#failures += 1;
    this.#lastFault = code;
    if (this.#state === 'half-open') this.#turn(Math.min(OPEN_MS_MAX, this.#openMs * 2));
    else if (this.#failures >= FAILURES_MIN && this.#failures >= this.#calls * FAILURE_SHARE) {
      this.#turn(this.#openMs);
    }
  }

  /** What another process of this gateway has found out about the same deployment. */
  heard(turn: BreakerTurn): void {
    if (turn.kind === 'closed') {
      this.#close();
      return;
    }
    this.#lastFault = turn.fault;
    this.#open(Math.min(OPEN_MS_MAX, turn.openMs));
  }

  /** The call said nothing of the deployment's health: the caller left, or sent nonsense. */
  abandoned(): void {
    this.#isProbing = false;
  }

  #turn(openMs: number): void {
    this.#open(openMs);
    this.onTurn({ kind: 'opened', openMs, fault: this.#lastFault });
  }

  #close(): void {
    this.#isProbing = false;
    this.#state = 'closed';
    this.#openMs = OPEN_MS;
    this.#calls = 0;
    this.#failures = 0;
  }

  #open(openMs: number): void {
    this.#state = 'open';
    this.#isProbing = false;
    this.#openMs = openMs;
    this.#openUntilMs = this.#clock.monotonicMs() + openMs;
  }

  #count(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#calls = 0;
      this.#failures = 0;
    }
    this.#calls += 1;
  }
}
