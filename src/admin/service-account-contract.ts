/** Service accounts, as the admin API shows them. */
import type { Lifecycle } from './contract.ts';

export interface ServiceAccountView {
  readonly id: string;
  /** Unique in its tenant: what bindings, limits and records say. */
  readonly name: string;
  readonly tenant: string;
  /** Of its keys that name none. */
  readonly team: string | null;
  readonly description: string | null;
  readonly status: Lifecycle;
  readonly createdAt: string;
  readonly version: number;
}
