/** What the owner of a gateway and its workers say to each other. */
import type { DenialReason } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { Alert } from '#gateway/alerts/alert.ts';
import type { Waiting } from '#gateway/approvals.ts';
import type { BreakerState, BreakerTurn } from '#gateway/breaker.ts';
import type { Decision } from '#gateway/decisions.ts';
import type { FailedTry } from '#gateway/failed-credentials.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import type { HeardState } from '#policy/limiters/shared/heard-states.ts';
import type { Claimed } from '#policy/authenticators/dpop/replays.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import type { Family } from '#telemetry/metrics.ts';

import type { ReloadResult } from '../source.ts';
import type { CounterAnswerers } from './counters.ts';
import type { LogEnd } from './seat.ts';
import type { SourceText } from './source-text.ts';

/** How a worker begins. */
export interface StartOrder {
  /** From 1 on. */
  readonly worker: number;
  /** How many there are: what is of the whole gateway is divided by it. */
  readonly workers: number;
  readonly source: SourceText;
  /** As it is to be asked for: those who ask for the same one share it, and 0 is one too. */
  readonly port: number;
  readonly searchesPorts: boolean;
  readonly version: string;
  /** Proofs of possession from before this moment may have been used. */
  readonly replaysSinceMs: number;
  readonly isSpoolFull: boolean;
}

/** `problem`: what the operator has to mend; it would be the same the next time. */
export type Started =
  | { readonly ok: true; readonly host: string; readonly port: number; readonly url: string }
  | { readonly ok: false; readonly path: readonly (string | number)[]; readonly problem: string };

/** Told every second, and that it is told is the sign that the worker lives. */
export interface WorkerState {
  readonly inFlight: number;
  readonly breakers: readonly (readonly [deployment: string, state: BreakerState])[];
  readonly metrics: readonly Family[];
}

export interface AskedDecision {
  readonly principal: Principal;
  readonly requestId: string;
}

export interface Misuse {
  readonly principal: Principal;
  readonly reason: DenialReason;
}

/** What one worker has seen of a deployment. */
export interface ToldBreaker {
  readonly deployment: string;
  readonly turn: BreakerTurn;
}

/** What the owner answers to one worker, or hears of it. */
export type OwnerAnswerers = CounterAnswerers & {
  readonly claim: (asked: {
    readonly id: string;
    readonly holder: string;
  }) => MaybePromise<Claimed>;
  /** Of the other workers. */
  readonly decision: (asked: AskedDecision) => Promise<Decision | null>;
  readonly state: (state: WorkerState) => void;
  readonly log: (end: LogEnd) => void;
  readonly approvals: (waiting: readonly Waiting[]) => void;
  readonly alert: (alert: Alert) => void;
  readonly misuse: (misuse: Misuse) => void;
  readonly failedTry: (failed: FailedTry) => void;
  readonly breaker: (told: ToldBreaker) => void;
};

/** What a worker answers to the owner, or hears of it. */
export type WorkerAnswerers = {
  readonly start: (order: StartOrder) => Promise<Started>;
  readonly apply: (source: SourceText) => Promise<ReloadResult>;
  /** The store was changed. */
  readonly refresh: (nothing: null) => void;
  readonly stop: (asked: { readonly limitMs: number; readonly delayMs: number }) => Promise<void>;
  readonly decide: (asked: { readonly id: string; readonly isApproved: boolean }) => void;
  readonly decision: (asked: AskedDecision) => Decision | null;
  /** What a store that is shared has said of its counters. */
  readonly heard: (nothing: null) => readonly HeardState[];
  /** What its calls hold in such a store. */
  readonly held: (nothing: null) => readonly Demand[];
  readonly spool: (asked: { readonly isFull: boolean }) => void;
  readonly failedTry: (failed: FailedTry) => void;
  readonly breaker: (told: ToldBreaker) => void;
};
