/**
 * Questions and answers between two of our own processes. What is said in one turn of the loop goes out
 * as one message. Every question has a deadline, and as many wait as one side may have calls; a way that
 * is gone refuses at once, and what it still owed is refused with it.
 */
import { Fault, type FaultCode, faultReplies } from '#domain/fault.ts';

/** What carries messages: a process's own channel, or what stands in its place in a test. */
export interface Wire {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onGone(listener: () => void): void;
}

/** The largest number of calls at once, and as much again for what is not a call. */
const WAITING_MAX = 131_072;
/** The other side runs on this machine: one that is silent for so long hangs. */
export const DEADLINE_MS = 5_000;
const SOON_MS = 1;

/** What one side answers: one argument, one answer, at once or later. */
export type Answerers = Readonly<Record<string, (asked: never) => unknown>>;

/** As lists: what is said a thousand times a second is said short. */
type Item =
  | readonly [type: 'ask', id: number, kind: string, what: unknown]
  | readonly [type: 'tell', kind: string, what: unknown]
  | readonly [type: 'answer', id: number, what: unknown]
  | readonly [type: 'fault', id: number, code: FaultCode, where: string];

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: Fault) => void;
  readonly untilMs: number;
}

const gone = (): Fault => new Fault('internal', 'another process of this gateway is gone');
const late = (): Fault => new Fault('internal', 'another process of this gateway does not answer');

/** `Theirs`: what the other side answers. */
export class Channel<Theirs extends Answerers> {
  readonly #wire: Wire;
  readonly #answerers: ReadonlyMap<string, (asked: unknown) => unknown>;
  readonly #onFault: (reason: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #out: Item[] = [];
  #lastId = 0;
  #isGone = false;
  #isFlushing = false;
  #soon: NodeJS.Timeout | null = null;
  #timer: NodeJS.Timeout | null = null;

  /**
   * `ours`: what this side answers. A question that it does not know is a fault of the one who asks. What
   * fails of what it was only told it tells `onFault`: nobody else would hear of it.
   */
  constructor(wire: Wire, ours: Answerers, onFault: (reason: string) => void) {
    this.#wire = wire;
    this.#onFault = onFault;
    // Both sides are of one program: they are given what their types say.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const entries = Object.entries(ours) as [string, (asked: unknown) => unknown][];
    this.#answerers = new Map(entries);
    wire.onMessage((message) => this.#heard(message));
    wire.onGone(() => this.#lost());
  }

  /** Rejects with a `Fault`: the other side's own, or `internal` where it is gone or too late. */
  ask<K extends keyof Theirs & string>(
    kind: K,
    what: Parameters<Theirs[K]>[0],
    deadlineMs = DEADLINE_MS,
  ): Promise<Awaited<ReturnType<Theirs[K]>>> {
    if (this.#isGone || this.#waiting.size >= WAITING_MAX) return Promise.reject(gone());
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, untilMs: performance.now() + deadlineMs });
    });
    this.#timer ??= setInterval(() => this.#expire(), 250).unref();
    this.#push(['ask', id, kind, what]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return answer as Promise<Awaited<ReturnType<Theirs[K]>>>;
  }

  /** Says it once, and hears nothing of it. */
  tell<K extends keyof Theirs & string>(kind: K, what: Parameters<Theirs[K]>[0]): void {
    if (!this.#isGone) this.#push(['tell', kind, what]);
  }

  /**
   * Says it with whatever is said next, or by itself in a moment: to wake another process costs more
   * than most of what it is woken for.
   */
  tellSoon<K extends keyof Theirs & string>(kind: K, what: Parameters<Theirs[K]>[0]): void {
    if (this.#isGone) return;
    this.#out.push(['tell', kind, what]);
    if (!this.#isFlushing) this.#soon ??= setTimeout(() => this.#flush(), SOON_MS);
  }

  #push(item: Item): void {
    this.#out.push(item);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#soon = null;
    const items = this.#out;
    this.#out = [];
    if (!this.#isGone && items.length > 0) this.#wire.send(items);
  }

  #heard(message: unknown): void {
    // Whatever else a process may say to another is not ours.
    if (!Array.isArray(message)) return;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    for (const item of message as readonly Item[]) this.#take(item);
  }

  #take(item: Item): void {
    if (item[0] === 'ask') return this.#answer(item[2], item[1], item[3]);
    if (item[0] === 'tell') return this.#answer(item[1], null, item[2]);
    const waiting = this.#waiting.get(item[1]);
    this.#waiting.delete(item[1]);
    if (item[0] === 'answer') waiting?.resolve(item[2]);
    else waiting?.reject(new Fault(item[2], item[3]));
  }

  /** At once where it can be: a question about a counter waits for nothing. */
  #answer(kind: string, id: number | null, what: unknown): void {
    const failed = (thrown: unknown): void => {
      const { code, where } = saidOf(thrown);
      if (id === null) return this.#onFault(`${kind}: ${where}`);
      this.#push(['fault', id, code, where]);
    };
    const done = (answer: unknown): void => {
      if (id !== null) this.#push(['answer', id, answer]);
    };
    try {
      const answerer = this.#answerers.get(kind);
      if (answerer === undefined) throw new Fault('internal', 'a question that is not known');
      const answer = answerer(what);
      if (answer instanceof Promise) answer.then(done, failed);
      else done(answer);
    } catch (thrown) {
      failed(thrown);
    }
  }

  #expire(): void {
    const nowMs = performance.now();
    for (const [id, { reject, untilMs }] of this.#waiting) {
      if (untilMs > nowMs) continue;
      this.#waiting.delete(id);
      reject(late());
    }
    if (this.#waiting.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #lost(): void {
    this.#isGone = true;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
    this.#expire();
  }
}

/** A foreign error stays here: its text may quote anything. */
function saidOf(thrown: unknown): { readonly code: FaultCode; readonly where: string } {
  if (thrown instanceof Fault && thrown.code in faultReplies)
    return { code: thrown.code, where: thrown.message };
  return { code: 'internal', where: 'another process of this gateway failed' };
}
