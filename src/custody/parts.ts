/** An open custody, for those who also wrap anew what it keeps. */
import type { Custody } from './custody.ts';
import type { KeyRings } from './key-rings.ts';
import type { RootKey } from './roots/root.ts';
import type { TenantKeys } from './tenant-keys.ts';

export interface CustodyRoom {
  readonly custody: Custody;
  readonly keys: TenantKeys;
  readonly rings: KeyRings;
  readonly root: RootKey;
}
