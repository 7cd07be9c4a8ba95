/** Service accounts by name, for those that make keys of them. */
import type { ServiceAccount } from '#domain/principal.ts';
import type { ServiceAccountRecord } from '#storage/records.ts';
import type { Storage } from '#storage/storage.ts';

/** Of one tenant. All of them are in the memory of the gateway. */
export const SERVICE_ACCOUNTS_MAX = 1_000;

/** Writes at the same time may go beyond the bound by as many as there are of them. */
const PAGES_MAX = 3;

type Reads = Pick<Storage, 'serviceAccounts'>;

export async function serviceAccountsOf(
  { serviceAccounts }: Reads,
  tenant: string,
): Promise<readonly ServiceAccountRecord[]> {
  const all: ServiceAccountRecord[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await serviceAccounts.list({
      tenant,
      after,
      limit: SERVICE_ACCOUNTS_MAX,
    });
    all.push(...items);
    if (next === null) break;
    after = next;
  }
  return all;
}

/** Null: none was named. Undefined: the tenant has none of this name. */
export async function namedServiceAccount(
  storage: Reads,
  tenant: string,
  name: string | null,
): Promise<ServiceAccount | null | undefined> {
  if (name === null) return null;
  const found = (await serviceAccountsOf(storage, tenant)).find((one) => one.name === name);
  return found === undefined ? undefined : { id: found.id, name };
}
