/**
 * The only way in which a route writes: one transaction with its outbox row. The action comes from
 * the route's declaration, the actor from the proven token; neither is a handler's to choose.
 */
import type { StorageWrites } from '#storage/storage.ts';
import type { JsonObject, JsonValue } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';
import { err, ok } from '#stdx/result.ts';

import { type Actor, sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import type { AdminCall } from './route.ts';

export interface Changed {
  /** `key/key_…`: the kind and the outer id. */
  readonly resource: string;
  readonly tenant: string | null;
  readonly diff: JsonValue;
}

type Calling = Pick<AdminCall, 'actor' | 'action' | 'requestId' | 'ports'>;

export const actorName = ({ tokenId, person }: Actor): string =>
  person === null ? `admin:${tokenId}` : person.name;

export function entryOf({ actor, action, requestId, ports }: Calling, changed: Changed) {
  return { id: requestId, at: ports.clock.nowMs(), actor: actorName(actor), action, ...changed };
}

export const change = <T>(
  call: Calling,
  changed: Changed,
  work: (tx: StorageWrites) => Promise<Result<T, Problem>>,
): Promise<Result<T, Problem>> => changeElse(call, changed, work);

/** The same, for a standard that has its own words for what is wrong. */
export const changeElse = <T, E>(
  call: Calling,
  changed: Changed,
  work: (tx: StorageWrites) => Promise<Result<T, E>>,
): Promise<Result<T, E>> => call.ports.storage.change(entryOf(call, changed), work);

/**
 * Names that people choose may be names of people, and the log cannot forget what its chain covers:
 * it says that such a field changed, not to what.
 */
const PERSONAL = new Set(['name', 'description']);

/** The fields of `after` that differ from `before`. Both are views, which never hold a secret. */
export function diffOf(before: JsonObject, after: JsonObject): JsonObject {
  const diff: JsonObject = {};
  for (const [field, value] of Object.entries(after)) {
    const old = before[field];
    if (value === undefined || JSON.stringify(old) === JSON.stringify(value)) continue;
    diff[field] = PERSONAL.has(field) ? 'changed' : { before: old ?? null, after: value };
  }
  return diff;
}

interface Versioned {
  readonly version: number;
}

/**
 * The record, if it exists for this caller and is still as the caller read it. What belongs to
 * another tenant is not found, before anything else is said about it.
 */
export function editable<R extends Versioned>(
  record: R | null,
  tenant: string | null,
  call: Pick<AdminCall, 'actor' | 'version'>,
): Result<R, Problem> {
  if (record === null || !sees(call.actor, tenant)) return err(problem('not-found'));
  return record.version === call.version ? ok(record) : err(problem('stale-version'));
}
