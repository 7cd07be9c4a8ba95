/**
 * State that a provider keeps under the operator's account and that a call refers to. Several
 * tenants may share one provider secret, so an id is a way into another tenant's content.
 */
import { holderOf, type Principal } from './principal.ts';

/** What an alias may allow by name. `store` and `background` make state; the others name it. */
export const heldStateKinds = [
  'previous-response',
  'conversation',
  'store',
  'background',
  'stored-prompt',
  'file',
  'container',
  'vector-store',
  'hosted-tools',
  'remote-mcp',
  'audio',
] as const;
export type HeldStateKind = (typeof heldStateKinds)[number];

/** One place of a call that refers to such state. */
export interface HeldState {
  /**
   * `item` is an item that the call spells out and that a provider with a store may look up by its
   * id all the same (OpenAI does so with reasoning that is not encrypted).
   */
  readonly kind: HeldStateKind | 'item';
  readonly path: string;
  /** Null where the field names nothing: `store: true`, a hosted tool, a new container. */
  readonly id: string | null;
}

/** An id that came to life in an answer, before it is known whose it is. */
export interface BornId {
  readonly kind: HeldStateKind | 'item';
  readonly id: string;
  /** Whether the provider keeps it only where the call said `store: true`. */
  readonly needsStore: boolean;
}

/** Whose an id is, and which deployment gave birth to it. */
export interface HeldStateBinding {
  readonly id: string;
  readonly tenant: string;
  /** `user/…` where the principal has a user, else `service-account/…` or `key/…`. */
  readonly owner: string;
  readonly deployment: string;
}

/** Whose the ids of a principal are: the user's, else the service account's, else the key's. Nobody's where it has neither. */
export function ownerOf(principal: Principal): string | null {
  // What a run's calls leave with a provider is its key's: it outlives the run.
  const { user, serviceAccount, keyId } = holderOf(principal);
  if (user !== null) return `user/${user}`;
  // By its id: one that is made again under the name of another has none of what was the other's.
  if (serviceAccount !== null) return `service-account/${serviceAccount.id}`;
  return keyId === null ? null : `key/${keyId}`;
}
