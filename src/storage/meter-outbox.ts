/** The kind `MeterOutbox`: events of usage that receivers have not taken yet. */
import type { MeterEvent } from '#domain/meter-event.ts';

export interface MeterOutbox {
  /**
   * Makes events of what was used from `fromMs` to `beforeMs` and this receiver was not told, in one
   * transaction with what it is told. How many. A receiver is told nothing of before it was first named.
   */
  collect(receiver: string, fromMs: number, beforeMs: number): Promise<number>;
  /** The oldest first. */
  pending(receiver: string, limit: number): Promise<readonly MeterEvent[]>;
  /** They were taken. */
  done(receiver: string, ids: readonly string[]): Promise<void>;
}
