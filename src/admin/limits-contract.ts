/** What the admin API says of limits and budgets as they are now. */

/** One counter of a limit. */
export interface CounterView {
  /** The values of what it counts by, in the order of `per`; null: nobody of that kind is named. */
  readonly names: readonly (string | null)[];
  readonly remaining: number;
  /** Until it is full again. */
  readonly resetSeconds: number;
  /** How long ago that was, where several gateways count together; 0: it is so now. */
  readonly heardSeconds: number;
}

export interface LimitView {
  readonly name: string;
  readonly algorithm: string;
  readonly unit: string;
  readonly amount: number;
  readonly windowSeconds: number;
  readonly per: readonly string[];
  /**
   * Those with the least left first. Where several gateways count together, what the one that is asked
   * was told with its own calls in the last ten minutes.
   */
  readonly counters: readonly CounterView[];
  /** Several gateways count together. */
  readonly isShared: boolean;
  /** How many there are; a list holds a part of them. */
  readonly count: number;
}

/** One budget of one owner, in the period that runs. Money is whole nano-USD. */
export interface BudgetView {
  readonly name: string;
  readonly per: readonly string[];
  readonly names: readonly (string | null)[];
  readonly from: string;
  readonly to: string;
  readonly amountNanoUsd: number;
  /** The rest of the period before, where it is carried over. */
  readonly carriedNanoUsd: number;
  readonly spentNanoUsd: number;
  /** For calls of this gateway that run. */
  readonly heldNanoUsd: number;
  /** Parts of the amount, at which somebody is told. */
  readonly alertAt: readonly number[];
  readonly onExceeded: string;
  /** What it comes to at the end of the period if it goes on as so far; null: it has only begun. */
  readonly forecastNanoUsd: number | null;
  /** When it is used up if it goes on so; null: not in this period. */
  readonly usedUpAt: string | null;
}
