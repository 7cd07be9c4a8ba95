/**
 * The log of a fleet: one list that gateways of one store share, each entry the signed checkpoint of one of
 * them, and the signed checkpoint of the list itself. Whoever adds must know its end, so it has one history.
 */

export interface FleetHead {
  /** Entries in the list. */
  readonly size: number;
  /** The signed checkpoint of the list, whole. */
  readonly note: string;
}

export interface FleetStore {
  /** Null: nobody has added anything yet. */
  head(): Promise<FleetHead | null>;
  /** In order, from the entry `from` on, which counts from 0. */
  entries(from: number, limit: number): Promise<readonly string[]>;
  /** All in one step. False: the list is not of size `at` (any more), and nothing was added. */
  append(at: number, entries: readonly string[], note: string): Promise<boolean>;
}
