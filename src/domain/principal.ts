/** Who calls, proven. */
import type { KeyScope } from './key-scope.ts';
import type { Run } from './run.ts';

/** A caller that is no person: what its keys and their tokens speak for. */
export interface ServiceAccount {
  /** Never given twice, so that one that is made again under an old name is another one. */
  readonly id: string;
  /** Unique in its tenant. What bindings, limits and records say. */
  readonly name: string;
}

export interface Principal {
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  /** Null: of a person, or of a key that belongs to nobody in particular. */
  readonly serviceAccount: ServiceAccount | null;
  readonly keyId: string | null;
  /** Roles that came with the proof itself (a key's own roles, a token's claim). */
  readonly roles: readonly string[];
  /** Who acts for the signed end user of a caller that has a token of its own. For records alone. */
  readonly endUserActor?: string | undefined;
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
  readonly provenBy: 'api-key' | 'jwt' | 'introspection' | 'mtls';
  /** Of a key; null: no narrower than its roles. */
  readonly scope: KeyScope | null;
  /** The key that this one was made from: what the parent may not do, the child may not. */
  readonly parent: Principal | null;
  /** Of a run token: what this run was given. */
  readonly run: Run | null;
}

/** Whom a run acts for: the key that its outermost one was minted from. Whoever has no run, itself. */
export function holderOf(principal: Principal): Principal {
  let holder = principal;
  while (holder.run !== null && holder.parent !== null) holder = holder.parent;
  return holder;
}
