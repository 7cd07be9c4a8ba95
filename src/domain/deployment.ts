/** One model at one provider with one secret. */
import type { DialectName } from './call.ts';
import type { HeldStateKind } from './held-state.ts';
import type { ModelCaps, Price } from './money.ts';

export interface Deployment {
  /** `alias/provider/model`, unique in a configuration. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly weight: number;
  readonly dialects: readonly DialectName[];
  readonly price: Price | null;
  readonly caps: ModelCaps;
  /** Where the provider works on it, as the operator says; left out: nobody says. */
  readonly region?: string | undefined;
  /** What was agreed with the provider: `baa`, `dpa`. */
  readonly agreements?: readonly string[] | undefined;
  /** The type of the provider: the wire format that it speaks. */
  readonly vendor?: string | undefined;
  /** Left out: it is in this process. */
  readonly server?: { readonly address: string; readonly port: number } | undefined;
  /** False: it is not told which trace a call is of. */
  readonly isToldOfTraces?: boolean | undefined;
}

export interface ModelAlias {
  readonly name: string;
  readonly deployments: readonly Deployment[];
  /** Kinds of content that text guards cannot read and that the operator lets through by name. */
  readonly allowUnscanned: readonly string[];
  /** Kinds of state that the provider holds and that the operator allows by name. */
  readonly allowState: readonly HeldStateKind[];
  /** Ids of the operator's own that every caller of the alias may name. */
  readonly stateIds: readonly string[];
  /** Whether an alias of one of its providers allows state: what an id names may then exist. */
  readonly isStateNear: boolean;
}
