/** How many calls may be in work at once, and what a limit is told of them. */
export interface Limit {
  /** Whole calls; at least one. */
  readonly value: number;
  /** A call began; so many are in work now. */
  noted(inFlight: number): void;
  /** Somebody found no room. */
  wanted(nowMs: number): void;
  /** The first byte of an answer is there, of a call that was sent at `startedMs`. */
  answered(isStreamed: boolean, startedMs: number, nowMs: number): void;
  /** The provider said that it has too much to do, or did not answer in time. */
  overloaded(startedMs: number, nowMs: number): void;
}

/** A number that an operator chose. */
export class FixedLimit implements Limit {
  value: number;

  constructor(value: number) {
    this.value = value;
  }

  noted(): void {}

  wanted(): void {}

  answered(): void {}

  overloaded(): void {}
}
