/** Reads the legal holds of a store, all of them: whoever erases has to know each. */
import type { HoldRecord } from './hold-records.ts';
import { PAGE_MAX, type Repository } from './storage.ts';

/** Of one store. Whoever sets more is told that there is no room. */
export const HOLDS_MAX = 10_000;

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
