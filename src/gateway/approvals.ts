/**
 * Tool calls that wait for a person. What a call would do is in memory while it waits and nowhere
 * else: no store, no log and no record ever holds its arguments.
 */
import type { Approvals, Question } from '#policy/guards/approval.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';

/** Calls that wait at once. Each holds a caller's connection, and a person can read only so many. */
export const WAITING_MAX = 200;
/** One tenant's agents cannot fill the desk of the others. */
export const WAITING_PER_TENANT_MAX = 20;
/** A person must see all that is approved. What is longer is refused unseen. */
export const ARGUMENT_CHARS_MAX = 65_536;

export interface Waiting {
  readonly id: string;
  readonly question: Question;
  /** Of the arguments, as JSON. */
  readonly argumentsText: string;
  readonly askedMs: number;
  readonly endsMs: number;
}

interface Held {
  readonly waiting: Waiting;
  readonly answer: (isApproved: boolean) => void;
}

export class ApprovalDesk implements Approvals {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  /** Told of each call that begins to wait, so that somebody comes. */
  onAsked: (waiting: Waiting) => void = () => {};
  /** Told each time that one begins to wait, or waits no more. */
  onChanged: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#held.size;
  }

  /** False at once where the desk is full or the arguments are too long to be read. */
  ask(question: Question, cancellation: Cancellation): Promise<boolean> {
    const argumentsText = JSON.stringify(question.call.arguments);
    if (argumentsText.length > ARGUMENT_CHARS_MAX || !this.#hasRoom(question.tenant)) {
      return Promise.resolve(false);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const id = randomBase62(16);
    const askedMs = this.#clock.nowMs();
    const endsMs = askedMs + question.withinMs;
    const answer = (isApproved: boolean): void => {
      clearTimeout(late);
      cancellation.off(gone);
      this.#held.delete(id);
      resolve(isApproved);
      this.onChanged();
    };
    const gone = (): void => answer(false);
    const late = setTimeout(gone, question.withinMs).unref();
    const waiting = { id, question, argumentsText, askedMs, endsMs };
    this.#held.set(id, { waiting, answer });
    cancellation.on(gone);
    if (this.#held.has(id)) {
      this.onAsked(waiting);
      this.onChanged();
    }
    return promise;
  }

  /** In the order in which they were asked. */
  waiting(): readonly Waiting[] {
    return [...this.#held.values()].map(({ waiting }) => waiting);
  }

  find(id: string): Waiting | null {
    return this.#held.get(id)?.waiting ?? null;
  }

  /** False where nobody waits for it any more. */
  decide(id: string, isApproved: boolean): boolean {
    const held = this.#held.get(id);
    held?.answer(isApproved);
    return held !== undefined;
  }

  #hasRoom(tenant: string): boolean {
    if (this.#held.size >= WAITING_MAX) return false;
    let own = 0;
    for (const { waiting } of this.#held.values()) if (waiting.question.tenant === tenant) own += 1;
    return own < WAITING_PER_TENANT_MAX;
  }
}
