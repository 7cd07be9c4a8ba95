/** Whose the ids are that providers gave out, as the gateway asks it. */
import type { HeldStateBinding } from '#domain/held-state.ts';

export interface HeldStatePort {
  /** The bindings of these ids that are not over; what is unknown is left out. */
  find(ids: readonly string[]): Promise<readonly HeldStateBinding[]>;
  /** Durable when it resolves; throws a `Fault` where that failed. */
  keep(bindings: readonly HeldStateBinding[]): Promise<void>;
}
