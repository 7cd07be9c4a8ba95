/** What a worker has of the gateway that it is one process of, and what the owner knows of its workers. */
import type { BreakerTurn } from '#gateway/breaker.ts';
import type { FailedTry } from '#gateway/failed-credentials.ts';
import type { MisusePort } from '#gateway/key-ports.ts';
import type { CounterStore } from '#policy/limiters/counter-store.ts';
import type { ReplayStore } from '#policy/authenticators/dpop/replays.ts';

/** Names of the logs of workers: `w1`, `w2`, and so on. */
export const writerOf = (worker: number): string => `w${worker}`;
export const isWorkerWriter = (writer: string): boolean => /^w[1-9]\d{0,2}$/u.test(writer);

/**
 * Says of a process that it is a worker: a variable of `node:cluster` may come from somebody else. So may
 * this one; a process that has no channel to an owner is none.
 */
export const WORKER_MARK = 'LLMPROXY_WORKER';
export const isWorkerProcess = (env: Readonly<Record<string, string | undefined>>): boolean =>
  env[WORKER_MARK] !== undefined && process.send !== undefined;

/** What the other processes of this gateway are told of, so that what one has seen counts for all. */
export interface Others {
  breakerTurned(deployment: string, turn: BreakerTurn): void;
  failedTry(failed: FailedTry): void;
  /** Who counts refusals of keys for all; null: this process. */
  readonly misuse: MisusePort | null;
}

export const NO_OTHERS: Others = {
  breakerTurned: () => {},
  failedTry: () => {},
  misuse: null,
};

/** The place of one worker: what the owner has for all of them. */
export interface Seat {
  /** Of its own log. */
  readonly writer: string;
  readonly counters: CounterStore;
  readonly replays: ReplayStore;
  /** More of the log waits for receivers that must have it than the operator allows. */
  readonly isSpoolFull: () => boolean;
  readonly others: Others;
}

/** How far the log of a worker is. */
export interface LogEnd {
  /** The last record that is on the disk: what is behind it may be lost with the power. */
  readonly syncedSeq: number;
  readonly lastSeq: number;
}

/** The logs of the workers, as the owner was told of them. One that has said nothing yet has nothing on the disk. */
export class WorkerLogs {
  readonly #ends = new Map<string, LogEnd>();

  constructor(writers: readonly string[] = []) {
    for (const writer of writers) this.#ends.set(writer, { syncedSeq: 0, lastSeq: 0 });
  }

  /** Undefined: no worker writes it, and all of it is there. */
  of(writer: string): LogEnd | undefined {
    return this.#ends.get(writer);
  }

  all(): Iterable<readonly [writer: string, end: LogEnd]> {
    return this.#ends;
  }

  tell(writer: string, end: LogEnd): void {
    this.#ends.set(writer, end);
  }
}
