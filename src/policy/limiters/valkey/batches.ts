/**
 * Steps that are asked for in one turn of the event loop go to the store as one script: what several
 * of them touch is read and written once. Each has its own answer.
 */
import { Fault } from '#domain/fault.ts';

import type { Packer } from './packer.ts';

/** A script keeps everybody else waiting: about a millisecond. */
const STEPS_MAX = 32;
/**
 * Scripts that are on their way. While the server does one the answers of the one before are read, and
 * the next is made of all that was asked meanwhile; with more, both would work by turns.
 */
const SCRIPTS_MAX = 2;
/** Steps that wait here. A deadline is over long before: what is beyond it is refused at once. */
const WAITING_MAX = 20_000;

export type Write = (into: Packer) => void;

interface Step {
  readonly write: Write;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

export class Batches {
  readonly #send: (write: Write) => Promise<unknown>;
  readonly #soon: (run: () => void) => void;
  #waiting: Step[] = [];
  #isSoon = false;
  #scripts = 0;

  constructor(send: (write: Write) => Promise<unknown>, soon: (run: () => void) => void) {
    this.#send = send;
    this.#soon = soon;
  }

  /** `write` is called once, at the end of this turn or later. */
  run(write: Write): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= WAITING_MAX) {
        reject(new Fault('storage-failed', 'too many steps wait for the counters'));
        return;
      }
      this.#waiting.push({ write, resolve, reject });
      this.#later();
    });
  }

  #later(): void {
    if (this.#isSoon) return;
    this.#isSoon = true;
    this.#soon(() => {
      this.#isSoon = false;
      this.#sendOne();
    });
  }

  #sendOne(): void {
    if (this.#waiting.length === 0 || this.#scripts >= SCRIPTS_MAX) return;
    this.#scripts += 1;
    void this.#sendBatch(this.#waiting.splice(0, STEPS_MAX));
    if (this.#waiting.length > 0) this.#later();
  }

  /** Its steps hear of whatever goes wrong; nobody waits for the batch itself. */
  async #sendBatch(steps: readonly Step[]): Promise<void> {
    try {
      const answers = await this.#answers(steps);
      if (!Array.isArray(answers) || answers.length !== steps.length) {
        throw new Fault('storage-failed', 'a counter store gave a strange answer');
      }
      for (const [index, { resolve }] of steps.entries()) resolve(answers[index]);
    } catch (thrown) {
      for (const { reject } of steps) reject(thrown);
    }
  }

  async #answers(steps: readonly Step[]): Promise<unknown> {
    try {
      return await this.#send((into) => {
        for (const { write } of steps) write(into);
      });
    } finally {
      this.#scripts -= 1;
      // First, so that the server works while the answers are read here.
      this.#sendOne();
    }
  }
}
