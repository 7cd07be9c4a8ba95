/** One attempt at a deployment: what the record tells of it, and what it holds. */
import type { Denial } from '#domain/denial.ts';
import type { Deployment } from '#domain/deployment.ts';
import type { FaultCode } from '#domain/fault.ts';
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

export interface Attempt {
  readonly deployment: Deployment;
  readonly status: number | null;
  readonly fault: FaultCode | null;
  readonly ms: number;
  /** Monotonic. */
  readonly startMs: number;
  /** Null: the call is not traced. */
  readonly spanId: string | null;
  /** Null: it was answered, or it cannot have cost anything. */
  readonly lost: Lost | null;
}

/** What an attempt may have used that came to nothing here. */
export interface Lost {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null: its price is not known. */
  readonly nanoUsd: number | null;
  readonly priceVersion: string | undefined;
}

/** Of the attempts of one call, those that came to nothing and may have to be paid for. */
export interface Losses {
  /** One of them has ended so. Null: it cannot have cost anything. */
  lost(deployment: Deployment, fault: FaultCode): Lost | null;
  /** Null: what was lost is held beside the answer, and another attempt may be made. */
  cover(): MaybePromise<Denial | null>;
  /** What is held for them. */
  readonly heldNanoUsd: number;
}

/** What the attempts of one call hold by provider. One is open at a time; an end that is told again does nothing. */
export interface AttemptHolds {
  /** Of the attempt that is open, or that was answered. */
  readonly remaining: readonly LimitState[];
  /** Null: the attempt may be made. A denial holds nothing. Throws what a store that is away throws. */
  take(deployment: Deployment): MaybePromise<Denial | null>;
  /** It was not made: nothing of it counts. */
  unmade(): void;
  /** It was made, and no answer came of it. */
  failed(fault: FaultCode): void;
  /** Its answer is over. */
  settle(used: Amounts): void;
  /** It was answered, and nobody used the answer. */
  release(): void;
}
