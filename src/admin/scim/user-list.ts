/** Lists of users: what providers ask for all the time has an index, everything else is read in steps. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { UserRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { USER_TYPE } from './attributes.ts';
import type { Filter } from './filter.ts';
import { matchesFilter } from './filter-match.ts';
import { listBody, type ListQuery, readListQuery, selected } from './list-query.ts';
import { type ScimProblem, scimProblem } from './scim-problem.ts';
import type { ScimCall } from './scim-route.ts';
import { showScimUser } from './user-resource.ts';
import { provisionedIn } from './user-service.ts';

/** Records that are read before others have their turn. */
const STEP = 250;
const STEPS_MAX = 400;

export async function listUsers(call: ScimCall): Promise<Result<JsonObject, ScimProblem>> {
  const query = readListQuery(call.query, USER_TYPE);
  if (!query.ok) return query;
  const { filter, startIndex } = query.value;
  const page = new Page(query.value);
  const known = filter === null ? null : await indexed(call, filter);
  if (known !== null) page.take(known, call.tenant);
  else if (!(await scan(call, page))) {
    return err(scimProblem('tooMany', 'There are too many users to look through.'));
  }
  const shown = page.items.map((user) => selected(user, call.query, USER_TYPE));
  return ok(listBody(shown, page.total, startIndex));
}

class Page {
  readonly items: JsonObject[] = [];
  total = 0;
  readonly #query: ListQuery;

  constructor(query: ListQuery) {
    this.#query = query;
  }

  take(records: readonly UserRecord[], tenant: string): void {
    const { filter, startIndex, count } = this.#query;
    for (const record of records) {
      const found = provisionedIn(record, tenant);
      if (found === null) continue;
      const user = showScimUser(found.record, found.provisioned);
      if (filter !== null && !matchesFilter(user, filter)) continue;
      this.total += 1;
      if (this.total >= startIndex && this.items.length < count) this.items.push(user);
    }
  }
}

/** All that a filter of one comparison can mean, where there is an index for it. */
async function indexed(
  { tenant, ports }: ScimCall,
  filter: Filter,
): Promise<readonly UserRecord[] | null> {
  const { users, provisioning } = ports.storage;
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return null;
  const { attribute, value } = filter;
  if (typeof value !== 'string') return null;
  if (attribute.name === 'userName') return await provisioning.usersNamed(tenant, value);
  if (attribute.name === 'externalId') return await provisioning.usersWithExternalId(tenant, value);
  if (attribute.name !== 'id') return null;
  const record = await users.find(value);
  return record === null ? [] : [record];
}

/** False: more than can be looked through. */
async function scan({ tenant, ports }: ScimCall, page: Page): Promise<boolean> {
  let after: string | undefined;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const { items, next } = await ports.storage.users.list({ tenant, after, limit: STEP });
    page.take(items, tenant);
    if (next === null) return true;
    after = next;
    await nextTurn();
  }
  return false;
}
