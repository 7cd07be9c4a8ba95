/**
 * Whether there is, or was, a tenant that a hold keeps something of, or whose content may be asked for.
 * One that was removed leaves records and texts behind, and a case may begin after it has gone; of a name
 * that nobody called with there is nothing, so it is a mistake of whoever wrote it.
 */
import type { Config } from '#config/config.ts';
import type { AuditIndex } from '#storage/audit-index.ts';
import type { Storage } from '#storage/storage.ts';

import { tenantExists } from '../declared.ts';
import type { AdminPorts } from '../route.ts';

export interface TenantTraces {
  readonly config: Config;
  readonly storage: Storage;
  readonly search: AuditIndex['search'];
}

/** Rejects with a `Fault`, where the index has to be asked and is away. */
export async function isKnownTenant(
  tenant: string,
  { config, storage, search }: TenantTraces,
): Promise<boolean> {
  if (await tenantExists(config, storage, tenant)) return true;
  // Calls alone: what administrators did in a mistyped name has left records of it, too.
  const { rows } = await search({ filter: { tenant, isEnd: true }, limit: 1, after: null });
  return rows.length > 0;
}

export const isTenantOf = ({ config, storage, audit }: AdminPorts, tenant: string) =>
  isKnownTenant(tenant, { config: config(), storage, search: audit.search });
