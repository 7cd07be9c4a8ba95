/**
 * Sends parcels of one signal, one at a time. Each has so many attempts and so much time; then it is
 * lost, counted and said. Nobody who measures waits for this.
 */
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';

import { type PostAnswer, verdictOf } from './verdict.ts';

export const signals = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof signals)[number];

/** `rejected`: the collector took the rest of its parcel. */
export const exportResults = ['exported', 'rejected', 'failed', 'dropped'] as const;
export type ExportResult = (typeof exportResults)[number];

/** One attempt at the collector. It never throws what the network did. */
export interface Collector {
  post(signal: Signal, body: string, cancellation: Cancellation): Promise<PostAnswer>;
  close(): Promise<void>;
}

export interface ExportPorts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Calls back once; the answer takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly meter: {
    ended(signal: Signal, result: ExportResult, count: number): void;
    retried(signal: Signal): void;
  };
  /** In words of ours. Not for the log that is exported: a loss that is told there is one more. */
  readonly lost: (signal: Signal, reason: string, count: number) => void;
}

export interface Parcel {
  readonly body: string;
  /** Spans, points or records in it. */
  readonly count: number;
}

const ATTEMPTS_MAX = 6;
/** What is older is of no use to whoever watches. */
const AGE_MS_MAX = 120_000;
const SAY_EVERY_MS = 60_000;

export class Shipper {
  readonly signal: Signal;
  readonly #ports: ExportPorts;
  readonly #cancellation: Cancellation;
  readonly #collector: Collector;
  #unsaid = 0;
  #saidMs = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | null = null;

  constructor(
    signal: Signal,
    ports: ExportPorts,
    collector: Collector,
    cancellation: Cancellation,
  ) {
    this.signal = signal;
    this.#ports = ports;
    this.#collector = collector;
    this.#cancellation = cancellation;
  }

  /** `isLast`: one attempt and no more, as the gateway stops. */
  async ship({ body, count }: Parcel, isLast: () => boolean): Promise<void> {
    const { clock, meter, random } = this.#ports;
    const { signal } = this;
    const bornMs = clock.monotonicMs();
    for (let attempts = 1; ; attempts += 1) {
      const answer = await this.#collector.post(signal, body, this.#cancellation);
      const verdict = verdictOf(answer, attempts, random);
      if (verdict.kind === 'taken') {
        const rejected = Math.min(count, verdict.rejected);
        if (count > rejected) meter.ended(signal, 'exported', count - rejected);
        if (rejected > 0) meter.ended(signal, 'rejected', rejected);
        return;
      }
      const ageMs = clock.monotonicMs() - bornMs;
      const isOver =
        verdict.kind === 'refused' ||
        attempts >= ATTEMPTS_MAX ||
        ageMs + verdict.waitMs > AGE_MS_MAX ||
        isLast() ||
        this.#cancellation.isCancelled;
      if (isOver) {
        this.lost(
          'failed',
          verdict.kind === 'refused' ? verdict.why : 'no attempt was taken',
          count,
        );
        return;
      }
      meter.retried(signal);
      await this.#wait(verdict.waitMs, isLast);
    }
  }

  lost(result: ExportResult, reason: string, count: number): void {
    const { meter, clock, lost } = this.#ports;
    meter.ended(this.signal, result, count);
    this.#unsaid += count;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#saidMs < SAY_EVERY_MS) return;
    lost(this.signal, reason, this.#unsaid);
    this.#unsaid = 0;
    this.#saidMs = nowMs;
  }

  /** A wait ends early where the gateway stops: what is under way has one more attempt. */
  hurry(): void {
    this.#wake?.();
  }

  async #wait(ms: number, isLast: () => boolean): Promise<void> {
    if (isLast()) return;
    await new Promise<void>((resolve) => {
      const stop = this.#ports.after(ms, resolve);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
    this.#wake = null;
  }
}
