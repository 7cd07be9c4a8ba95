/** What the admin API says of the caller's own rights; a part of the contract. */
import type { AdminRole } from './contract.ts';

export interface RightsView {
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly isOneTime: boolean;
  readonly permissions: readonly string[];
}
