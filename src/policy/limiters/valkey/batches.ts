/**
 * Steps that are asked for in one turn of the event loop go to the store as one script: what several
 * of them touch is read and written once. Each has its own answer.
 */
import { Fault } from '#domain/fault.ts';

import type { Argument } from './demand-args.ts';

/** A script keeps everybody else waiting: about a millisecond. */
const STEPS_MAX = 32;

interface Step {
  readonly args: readonly Argument[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

export class Batches {
  readonly #send: (args: readonly Argument[]) => Promise<unknown>;
  readonly #soon: (run: () => void) => void;
  #waiting: Step[] = [];

  constructor(
    send: (args: readonly Argument[]) => Promise<unknown>,
    soon: (run: () => void) => void,
  ) {
    this.#send = send;
    this.#soon = soon;
  }

  run(args: readonly Argument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ args, resolve, reject });
      if (this.#waiting.length === 1) this.#soon(() => this.#sendAll());
    });
  }

  #sendAll(): void {
    const steps = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < steps.length; from += STEPS_MAX) {
      void this.#sendBatch(steps.slice(from, from + STEPS_MAX));
    }
  }

  /** Its steps hear of whatever goes wrong; nobody waits for the batch itself. */
  async #sendBatch(steps: readonly Step[]): Promise<void> {
    try {
      const answers = await this.#send([steps.length, ...steps.flatMap(({ args }) => args)]);
      if (!Array.isArray(answers) || answers.length !== steps.length) {
        throw new Fault('storage-failed', 'a counter store gave a strange answer');
      }
      for (const [index, { resolve }] of steps.entries()) resolve(answers[index]);
    } catch (thrown) {
      for (const { reject } of steps) reject(thrown);
    }
  }
}
