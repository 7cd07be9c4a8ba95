/**
 * `algorithm: leaky-bucket`: calls go on one after the other at a steady rate. One that comes too early
 * waits its turn, for a bounded time in a line of bounded length; whoever would wait longer is refused
 * at once. Nothing is held while waiting.
 *
 * The rate is of the store, so that all instances together keep it; the line is of each instance.
 */
import type { Denial } from '#domain/denial.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { applies, type Selection } from './applies.ts';
import { CallerTurns } from './caller-turns.ts';
import { bucketsOf, type LimitDimension } from './dimensions.ts';
import type { Demand, LimitStore, Pacer, Subject } from './limiter.ts';
import { type Allowance, quotaOf } from './rate-limiter.ts';

export interface LeakyBucketConfig {
  readonly name: string;
  readonly per: readonly LimitDimension[];
  readonly requests: Allowance;
  /** How many may wait, by bucket. */
  readonly queue: number;
  readonly waitMsMax: number;
  readonly selection: Selection;
}

export interface PacerPorts {
  readonly store: Pick<LimitStore, 'take'>;
  /** Calls back once, after so many milliseconds. */
  readonly later: (run: () => void, ms: number) => void;
}

interface Waiter {
  readonly caller: string;
  readonly answer: (denial: Denial | null) => void;
}

export function leakyBucketPacer(config: LeakyBucketConfig, ports: PacerPorts): Pacer {
  const { name, per, requests, selection } = config;
  const quota = quotaOf({ name, algorithm: 'token-bucket', burst: 1 }, 'requests', requests);
  const buckets = bucketsOf(per);
  const lines = new Map<string, Line>();
  const turnIn = (
    id: string,
    subject: Subject,
    cancellation: Cancellation,
  ): MaybePromise<Denial | null> => {
    const demand = { quota, bucket: `${name}|paced|${id}`, amount: 1, scope: null };
    const known = lines.get(id);
    if (known !== undefined) return known.wait(callerOf(subject), cancellation);
    return andThen(ports.store.take([demand]), (denial): MaybePromise<Denial | null> => {
      if (denial?.reason !== 'limit-reached') return denial;
      const line = lines.get(id) ?? newLine(lines, id, { config, ports, demand });
      return line.wait(callerOf(subject), cancellation, denial.retryAfterMs);
    });
  };
  return {
    name,
    pace(subject, cancellation) {
      if (!applies(selection, subject)) return null;
      return inTurn(buckets(subject), (id) => turnIn(id, subject, cancellation));
    },
  };
}

/** A call that offers several tools waits for its turn with each, one after the other. */
function inTurn(
  ids: readonly string[],
  pace: (id: string) => MaybePromise<Denial | null>,
): MaybePromise<Denial | null> {
  for (const [at, id] of ids.entries()) {
    const turn = pace(id);
    if (turn instanceof Promise) {
      return turn.then((denial) => denial ?? inTurn(ids.slice(at + 1), pace));
    }
    if (turn !== null) return turn;
  }
  return null;
}

/** Whoever shares a bucket takes turns in it. */
const callerOf = ({ tenant, key, user, address }: Subject): string =>
  JSON.stringify([tenant, key ?? user ?? address]);

function newLine(lines: Map<string, Line>, id: string, parts: LineParts): Line {
  const line: Line = new Line(parts, () => {
    // One that was begun after it stays.
    if (lines.get(id) === line) lines.delete(id);
  });
  lines.set(id, line);
  return line;
}

interface LineParts {
  readonly config: LeakyBucketConfig;
  readonly ports: PacerPorts;
  readonly demand: Demand;
}

/** The line of one bucket. It is there while somebody waits. */
class Line {
  readonly #parts: LineParts;
  readonly #turns = new CallerTurns<Waiter>();
  readonly #onEmpty: () => void;
  #isRunning = false;

  constructor(parts: LineParts, onEmpty: () => void) {
    this.#parts = parts;
    this.#onEmpty = onEmpty;
  }

  /** `firstMs`: when the bucket lets the next one through, where that was asked just now. */
  wait(caller: string, cancellation: Cancellation, firstMs = 1): MaybePromise<Denial | null> {
    const { queue, waitMsMax } = this.#parts.config;
    const expectedMs = Math.max(firstMs, (this.#turns.size + 1) * this.#everyMs);
    if (this.#turns.size >= queue || expectedMs > waitMsMax) {
      if (this.#turns.size === 0) this.#onEmpty();
      return this.#refusal(expectedMs);
    }
    if (!this.#isRunning) this.#turnIn(firstMs);
    return new Promise((resolve, reject) => {
      const leave = (reason: Error): void => {
        this.#turns.remove(caller, waiter);
        reject(reason);
      };
      const waiter: Waiter = {
        caller,
        answer: (denial) => {
          cancellation.off(leave);
          resolve(denial);
        },
      };
      this.#turns.push(caller, waiter);
      this.#parts.ports.later(() => this.#refuseLate(waiter), waitMsMax);
      cancellation.on(leave);
    });
  }

  get #everyMs(): number {
    const { windowMs, amount } = this.#parts.config.requests;
    return Math.max(1, Math.ceil(windowMs / amount));
  }

  /** Nobody waits any more; whoever comes next begins a turn of its own. */
  #end(): void {
    this.#isRunning = false;
    this.#onEmpty();
  }

  #turnIn(ms: number): void {
    this.#isRunning = true;
    this.#parts.ports.later(() => void this.#turn(), Math.max(1, ms));
  }

  async #turn(): Promise<void> {
    if (this.#turns.size === 0) return this.#end();
    const denial = await this.#asked();
    if (denial === null) this.#turns.shift()?.answer(null);
    else if (denial.reason !== 'limit-reached') this.#refuseAll(denial);
    if (this.#turns.size === 0) return this.#end();
    return this.#turnIn(denial?.reason === 'limit-reached' ? denial.retryAfterMs : this.#everyMs);
  }

  /** A store that cannot be asked refuses those who wait, as it would refuse who comes now. */
  async #asked(): Promise<Denial | null> {
    try {
      return await this.#parts.ports.store.take([this.#parts.demand]);
    } catch {
      return { reason: 'limits-unavailable' };
    }
  }

  #refuseLate(waiter: Waiter): void {
    if (this.#turns.remove(waiter.caller, waiter)) waiter.answer(this.#refusal(this.#everyMs));
  }

  #refuseAll(denial: Denial): void {
    for (let next = this.#turns.shift(); next !== undefined; next = this.#turns.shift()) {
      next.answer(denial);
    }
  }

  #refusal(retryAfterMs: number): Denial {
    const { name } = this.#parts.config;
    return { reason: 'limit-reached', limit: name, retryAfterMs, state: null };
  }
}
