/**
 * Retries are paid for: every call earns a small part of one, so that a provider which fails for
 * everybody is asked at most about 1.1 times as often, not three times (a retry storm).
 */
const EARNED_PER_CALL = 0.09;
const SAVED_MAX = 10;

export class RetryBudget {
  /** One to begin with, so that the first failure of a quiet day is retried. */
  #saved = 1;

  called(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + EARNED_PER_CALL);
  }

  tryTake(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}

/** Full jitter: anywhere between nothing and the exponential step, so that callers spread out. */
export const backoffMs = (attempt: number, random: () => number): number =>
  Math.floor(random() * Math.min(2_000, 100 * 2 ** attempt));
