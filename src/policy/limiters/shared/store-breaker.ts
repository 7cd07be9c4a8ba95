/**
 * Whether the shared store is asked. Closed by a beat that was answered, opened by five failures in a
 * row or by a connection that ended. While it is open only beats go to the store, one a second.
 */
import { Fault } from '#domain/fault.ts';

export interface BreakerPorts {
  readonly timers: { after(ms: number, run: () => void): () => void };
  /** Runs after the answers that are here have been read. */
  readonly soon: (run: () => void) => void;
  readonly deadlineMs: number;
  readonly onChange: (isUp: boolean, why: string) => void;
}

const FAILURES_MAX = 5;

export const away = (): Fault => new Fault('storage-failed', 'the counters did not answer');

export class StoreBreaker {
  readonly #ports: BreakerPorts;
  #isUp = false;
  #failures = 0;

  constructor(ports: BreakerPorts) {
    this.#ports = ports;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  close(): void {
    this.#failures = 0;
    if (this.#isUp) return;
    this.#isUp = true;
    this.#ports.onChange(true, 'answered');
  }

  open(why: string): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#ports.onChange(false, why);
  }

  /**
   * The answer, if it comes in time. `onLate` is called for a step whose answer nobody waits for: with
   * the answer, or with null where the connection ended and nobody knows whether it was done.
   */
  within<T>(asked: Promise<T>, onLate: (answer: T | null) => void = () => {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let state: 'waiting' | 'answered' | 'late' = 'waiting';
      const late = (): void => {
        if (state !== 'waiting') return;
        state = 'late';
        this.#failed('late');
        reject(away());
      };
      // A loop that was busy has timers that are over before answers that came long ago.
      const cancel = this.#ports.timers.after(this.#ports.deadlineMs, () => this.#ports.soon(late));
      asked.then(
        (answer) => {
          if (state === 'late') return onLate(answer);
          state = 'answered';
          cancel();
          this.#failures = 0;
          resolve(answer);
        },
        (thrown: unknown) => {
          if (state === 'late') return onLate(null);
          state = 'answered';
          cancel();
          this.#failed(thrown instanceof Fault ? thrown.message : 'failed');
          reject(away());
        },
      );
    });
  }

  #failed(why: string): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES_MAX) this.open(why);
  }
}
