/** Reads the legal holds of a store, all of them: whoever erases has to know each. */
import type { HoldRecord } from './hold-records.ts';
import { PAGE_MAX, type Repository } from './storage.ts';

/** Of one store. Whoever sets more is told that there is no room. */
export const HOLDS_MAX = 10_000;
/** Of those that a tenant sets itself, so that none takes the room of others. */
export const HOLDS_PER_TENANT_MAX = 500;
/** What tenants leave to the platform, which may have to hold one of them. */
const HOLDS_OF_PLATFORM = 1_000;

/** All of a tenant, or of everybody, in the order of their ids; some more than `HOLDS_MAX` at most. */
export async function storedHolds(
  holds: Pick<Repository<HoldRecord>, 'list'>,
  tenant: string | null,
): Promise<readonly HoldRecord[]> {
  const found: HoldRecord[] = [];
  let after: string | undefined;
  do {
    const page = await holds.list({ tenant: tenant ?? undefined, after, limit: PAGE_MAX });
    found.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined && found.length <= HOLDS_MAX);
  return found;
}

/** Whether there is room for one more: of the platform (null), or of a tenant's own. */
export function hasRoom(holds: readonly HoldRecord[], by: string | null): boolean {
  if (by === null) return holds.length < HOLDS_MAX;
  const own = holds.filter(({ tenant, isOfPlatform }) => tenant === by && !isOfPlatform);
  return own.length < HOLDS_PER_TENANT_MAX && holds.length < HOLDS_MAX - HOLDS_OF_PLATFORM;
}
