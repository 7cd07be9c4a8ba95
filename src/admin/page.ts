/** Lists: keyset pages over the store, with what the file declares sorted in. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import type { Page, PageQuery } from '#storage/storage.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type Actor, sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';

const LIMIT_MAX = 200;
const LIMIT = /^[1-9][0-9]{0,2}$/u;

const limit = z
  .string()
  .regex(LIMIT)
  .refine((text) => Number(text) <= LIMIT_MAX)
  .transform(Number)
  .prefault('50')
  .meta({ description: `Items on a page, 1 to ${LIMIT_MAX}; 50 when absent.` });

const after = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .meta({ description: 'The `next` of the page before.' });

export const pageQuery = z.strictObject({ limit, after });
export const tenantPageQuery = z.strictObject({ limit, after, tenant: nameField.optional() });

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable() });

interface ListQuery {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly tenant?: string | undefined;
}

/** What to read for this actor: a confined one sees its tenant, whether it says so or not. */
export function scopedQuery(
  actor: Actor,
  query: ListQuery,
  prefix = '',
): Result<PageQuery, Problem> {
  const { limit, tenant } = query;
  if (tenant !== undefined && !sees(actor, tenant)) return err(problem('not-found', 'tenant'));
  const after = query.after?.startsWith(prefix) ? query.after.slice(prefix.length) : query.after;
  return ok({ limit, after, tenant: tenant ?? actor.tenant ?? undefined });
}

export const mapPage = <R, V>({ items, next }: Page<R>, view: (record: R) => V, prefix = '') => ({
  items: items.map(view),
  next: next === null ? null : prefix + next,
});

/**
 * One page of both, in the order of ids. `stored` holds the first `limit` after the cursor, so the
 * first `limit` of the two together are in hand. An id that is in both is shown once, as the file's.
 */
export function mergedPage<V>(
  declared: readonly V[],
  stored: Page<V>,
  idOf: (view: V) => string,
  query: ListQuery,
): Page<V> {
  const byId = new Map<string, V>();
  for (const view of stored.items) byId.set(idOf(view), view);
  for (const view of declared) {
    if (query.after === undefined || idOf(view) > query.after) byId.set(idOf(view), view);
  }
  const all = [...byId].sort(([a], [b]) => (a < b ? -1 : 1));
  const items = all.slice(0, query.limit);
  const last = items.at(-1);
  const isLast = all.length <= query.limit && stored.next === null;
  return {
    items: items.map(([, view]) => view),
    next: isLast || last === undefined ? null : last[0],
  };
}
