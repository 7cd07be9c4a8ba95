/**
 * A write that is sent twice under one `Idempotency-Key` is made once (the header of
 * draft-ietf-httpapi-idempotency-key-header): whoever got no answer may ask again.
 *
 * The answer is kept in memory for minutes, because it may hold what is shown once; that a key was
 * used is in the store for a day. After a restart the key is known and the answer is gone: then the
 * caller is told so, and nothing is made a second time.
 */
import { createHash } from 'node:crypto';

import type { OnceKeys } from '#storage/storage.ts';
import type { Clock } from '#stdx/clock.ts';
import { canonicalJson, type JsonValue, parseJson } from '#stdx/json.ts';
import { err, type Result } from '#stdx/result.ts';

import { actorName } from './change.ts';
import type { Actor } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import type { AdminRoute, Reply } from './route.ts';

/** Printable, as the draft's string of a structured field is; quotes around it are taken off. */
const KEY = /^"?(?<key>[\x21\x23-\x5b\x5d-\x7e]{1,128})"?$/u;
const ANSWERS_MAX = 4_000;
/** Of one actor: whoever writes much pushes out its own answers, and no other's. */
const ANSWERS_OF_ACTOR_MAX = 200;
const ANSWER_MS = 600_000;
/** Between two looks for old answers, when many end one after another. */
const WAIT_MS_MIN = 1_000;

export interface IdempotentCall {
  readonly actor: Actor;
  readonly route: AdminRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Answer = Promise<Result<Reply, Problem>>;

interface Kept {
  readonly actor: string;
  readonly fingerprint: string;
  readonly answer: Answer;
  readonly endsMs: number;
}

export class IdempotencyDesk {
  readonly #keys: OnceKeys;
  readonly #clock: Clock;
  /** In the order in which they came, which is the order in which they end. */
  readonly #kept = new Map<string, Kept>();
  #timer: NodeJS.Timeout | null = null;

  constructor(keys: OnceKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Answers that are in memory. */
  get size(): number {
    return this.#kept.size;
  }

  /** `header`: as it was sent. A write without one is made as often as it is sent. */
  async run(header: string | undefined, call: IdempotentCall, work: () => Answer): Answer {
    if (header === undefined) return await work();
    const { key } = KEY.exec(header)?.groups ?? {};
    if (key === undefined) return err(problem('request-malformed', 'idempotency-key'));
    // Two callers may choose one key: each has its own.
    const actor = actorName(call.actor);
    const id = digest([actor, key]);
    const fingerprint = fingerprintOf(call);
    this.#forgetOld();
    const known = this.#kept.get(id);
    if (known !== undefined) {
      return known.fingerprint === fingerprint
        ? await known.answer
        : err(problem('idempotency-mismatch', 'idempotency-key'));
    }
    const answer = this.#once(id, work);
    const endsMs = this.#clock.monotonicMs() + ANSWER_MS;
    this.#forgetOldestOf(actor);
    this.#kept.set(id, { actor, fingerprint, answer, endsMs });
    this.#forgetInTime();
    const result = await answer.catch((thrown: unknown) => {
      this.#kept.delete(id);
      throw thrown;
    });
    // What was refused was not done: the same key may try again.
    if (!result.ok) this.#kept.delete(id);
    return result;
  }

  async #once(id: string, work: () => Answer): Answer {
    if (!(await this.#keys.claim(id, this.#clock.nowMs()))) return err(problem('done-before'));
    // What broke may have been done: then the key stays, and whoever asks again is told to look.
    const result = await work();
    if (!result.ok) await this.#keys.release(id);
    return result;
  }

  /** Also when nobody asks any more: what is shown once must not lie in memory until somebody does. */
  #forgetInTime(): void {
    const [oldest] = this.#kept.values();
    if (this.#timer !== null || oldest === undefined) return;
    const waitMs = Math.max(oldest.endsMs - this.#clock.monotonicMs(), WAIT_MS_MIN);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#forgetOld();
      this.#forgetInTime();
    }, waitMs).unref();
  }

  #forgetOldestOf(actor: string): void {
    let oldest: string | null = null;
    let count = 0;
    for (const [id, kept] of this.#kept) {
      if (kept.actor !== actor) continue;
      oldest ??= id;
      count += 1;
    }
    if (oldest !== null && count >= ANSWERS_OF_ACTOR_MAX) this.#kept.delete(oldest);
  }

  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { endsMs }] of this.#kept) {
      if (endsMs > nowMs && this.#kept.size <= ANSWERS_MAX) return;
      this.#kept.delete(id);
    }
  }
}

const digest = (value: JsonValue): string =>
  createHash('sha256').update(canonicalJson(value)).digest('base64url');

const fingerprintOf = ({ route, params, body }: IdempotentCall): string =>
  digest([route.method, route.path, params, parseJson(JSON.stringify(body) ?? 'null') ?? null]);
