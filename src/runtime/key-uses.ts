/**
 * When keys were last used. A call notes its key in memory; what was noted is written together, so
 * that no call waits for it and the store is not written for each. A crash forgets half a minute.
 */
import type { Timers } from '#audit/timers.ts';
import type { KeyUsePort } from '#gateway/key-ports.ts';
import type { Clock } from '#stdx/clock.ts';
import type { KeyUses } from '#storage/storage.ts';

export const COLLECTED_MS = 30_000;
/** Beyond that many keys in one half minute, they are written at once. */
const NOTED_MAX = 10_000;

export class KeyUseNotes implements KeyUsePort {
  readonly #uses: KeyUses;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onFault: (thrown: unknown) => void;
  #noted = new Map<string, number>();
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    uses: KeyUses,
    {
      clock,
      timers,
      onFault,
    }: {
      readonly clock: Clock;
      readonly timers: Timers;
      readonly onFault: (thrown: unknown) => void;
    },
  ) {
    this.#uses = uses;
    this.#clock = clock;
    this.#timers = timers;
    this.#onFault = onFault;
  }

  used(keyId: string): void {
    this.#noted.set(keyId, this.#clock.nowMs());
    this.#cancel ??= this.#timers.after(COLLECTED_MS, () => this.#write());
    if (this.#noted.size >= NOTED_MAX) this.#write();
  }

  #write(): void {
    this.#cancel?.();
    this.#cancel = null;
    const noted = this.#noted;
    if (noted.size === 0) return;
    this.#noted = new Map();
    // One after another; a batch that fails is an hour of one date, and no reason to keep it.
    this.#writing = this.#writing.then(() => this.#uses.note(noted)).catch(this.#onFault);
  }

  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }
}
