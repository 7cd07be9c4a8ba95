/**
 * A store as a whole, at one number of its changes: what a gateway needs of it to go on without it.
 * Records are the text that the store has; they are read when they are asked for.
 */

/** Kinds that are few, and that a gateway reads whole. */
export const WHOLE_KINDS = [
  'tenants',
  'roles',
  'bindings',
  'serviceAccounts',
  'settings',
  'providerSecrets',
  'keyRings',
] as const;
export type WholeKind = (typeof WHOLE_KINDS)[number];

/** Keys, and objects of one other kind, beyond which a store is not kept as a whole. */
export const KEPT_KEYS_MAX = 100_000;
export const KEPT_RECORDS_MAX = 100_000;

export interface StoredRow {
  readonly id: string;
  /** JSON. */
  readonly document: string;
}

export interface KeyText {
  readonly version: number;
  /** JSON. */
  readonly text: string;
}

export interface GroupState {
  readonly id: string;
  readonly tenant: string;
  readonly displayName: string;
  /** User ids. */
  readonly members: readonly string[];
}

export interface StoreState {
  readonly version: number;
  readonly rows: Readonly<Record<WholeKind, readonly StoredRow[]>>;
  /** All but runs that have ended. */
  readonly keys: ReadonlyMap<string, KeyText>;
  /** Those that give a role. */
  readonly groups: readonly GroupState[];
  readonly lockedOut: readonly { readonly tenant: string; readonly user: string }[];
  readonly marks: ReadonlyMap<string, string>;
}

/** Whether a group of a tenant gives a role, by its name; what tenants say of that is in the store. */
export type GivesRole = (
  tenants: readonly StoredRow[],
) => (tenant: string, displayName: string) => boolean;

/** The server of a store that several gateways share. */
export interface StoreServer {
  /** It does not answer. */
  readonly isAway: () => boolean;
  /** It has answered since this process began. */
  readonly isReached: () => boolean;
  /** The number of the last change that was heard of. */
  readonly seen: () => number;
  /**
   * Which connection to it has said so, counted. What another one has said may be of another state: a server
   * that took its place and has lost the last changes may have new ones under the same numbers.
   */
  readonly connection: () => number;
  /** After each look at it, whether it has answered or not. For one listener. */
  readonly onTurn: (listener: () => void) => void;
  /** As it is now, in one transaction. `known`: keys that need not be read again. */
  readonly read: (known: ReadonlyMap<string, KeyText>, givesRole: GivesRole) => Promise<StoreState>;
}
