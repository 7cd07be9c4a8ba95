/**
 * Lists of groups. A tenant may have a thousand of five thousand members each, so they are read a few
 * at a time, members are laid out only where somebody looks at them, and one answer holds so many.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { GROUPS_PER_TENANT_MAX } from '#storage/storage.ts';
import type { GroupRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';
import { ok } from '#stdx/result.ts';

import { GROUP_TYPE } from './attributes.ts';
import type { Filter } from './filter.ts';
import { matchesFilter } from './filter-match.ts';
import { showScimGroup } from './group-resource.ts';
import { listBody, type ListQuery, readListQuery, selected } from './list-query.ts';
import type { ScimProblem } from './scim-problem.ts';
import type { ScimCall } from './scim-route.ts';

/** Groups that are read before others have their turn. */
const STEP = 10;
const STEPS_MAX = GROUPS_PER_TENANT_MAX / STEP + 1;
/** Members in one answer: then the page ends early, and says so in `itemsPerPage`. */
const MEMBERS_SHOWN_MAX = 100_000;

export async function listGroups({
  tenant,
  query,
  ports,
}: ScimCall): Promise<Result<JsonObject, ScimProblem>> {
  const asked = readListQuery(query, GROUP_TYPE);
  if (!asked.ok) return asked;
  const page = new Page(asked.value, query);
  let after: string | undefined;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const { items, next } = await ports.storage.groups.list({ tenant, after, limit: STEP });
    for (const record of items) page.take(record);
    if (next === null) break;
    after = next;
    await nextTurn();
  }
  return ok(listBody(page.items, page.total, asked.value.startIndex));
}

class Page {
  readonly items: JsonObject[] = [];
  total = 0;
  #members = 0;
  #isFull = false;
  readonly #asked: ListQuery;
  readonly #query: ScimCall['query'];
  readonly #needsMembers: boolean;

  constructor(asked: ListQuery, query: ScimCall['query']) {
    this.#asked = asked;
    this.#query = query;
    this.#needsMembers = asked.filter !== null && looksAtMembers(asked.filter);
  }

  take(record: GroupRecord): void {
    const { filter, startIndex, count } = this.#asked;
    const looked = this.#needsMembers ? record : { ...record, members: [] };
    if (filter !== null && !matchesFilter(showScimGroup(looked), filter)) return;
    this.total += 1;
    if (this.total < startIndex || this.items.length >= count || this.#isFull) return;
    const shown = selected(showScimGroup(record), this.#query, GROUP_TYPE);
    if (shown['members'] !== undefined) this.#members += record.members.length;
    // The first group of a page is always in it, so that every page leads on.
    this.#isFull = this.#members > MEMBERS_SHOWN_MAX && this.items.length > 0;
    if (!this.#isFull) this.items.push(shown);
  }
}

function looksAtMembers(filter: Filter): boolean {
  switch (filter.kind) {
    case 'not':
      return looksAtMembers(filter.of);
    case 'and':
    case 'or':
      return looksAtMembers(filter.left) || looksAtMembers(filter.right);
    case 'some':
    case 'present':
    case 'compare':
      return filter.attribute.name === 'members';
  }
}
