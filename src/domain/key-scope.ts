/**
 * What a key is cut down to. It allows nothing by itself: a call needs a role that allows it, and must
 * lie within every part of the scope.
 */
import type { Action } from './action.ts';

export interface KeyScope {
  /** Null, here and below: not cut down. */
  readonly actions: readonly (Action | '*')[] | null;
  /** Model aliases, with `*`. */
  readonly models: readonly string[] | null;
  /** Names of tools, with `*`. */
  readonly tools: readonly string[] | null;
  /** Addresses and CIDR ranges of callers. */
  readonly networks: readonly string[] | null;
  /** `mon-fri 08:00-18:00`, in the time zone of the tenant. */
  readonly hours: readonly string[] | null;
  /** A CEL condition. */
  readonly when: string | null;
}

/** Keys above a key, at most. A chain that is longer is cut by refusing it, not by forgetting its top. */
export const PARENTS_MAX = 4;
