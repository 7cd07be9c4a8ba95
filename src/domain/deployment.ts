/** One model at one provider with one secret. */
import type { DialectName } from './call.ts';
import type { Price } from './money.ts';

export interface Deployment {
  /** `alias/provider/model`, unique in a configuration. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly weight: number;
  readonly dialects: readonly DialectName[];
  readonly price: Price | null;
}

export interface ModelAlias {
  readonly name: string;
  readonly deployments: readonly Deployment[];
  /** Kinds of content that text guards cannot read and that the operator lets through by name. */
  readonly allowUnscanned: readonly string[];
}
