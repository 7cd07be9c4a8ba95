/** The six routes of a kind of resource (RFC 7644 section 3): the same for users and for groups. */
import type { JsonObject } from '#stdx/json.ts';
import { ok, type Result } from '#stdx/result.ts';
import type { z } from 'zod';

import type { ResourceType } from './attributes.ts';
import { selected } from './list-query.ts';
import { patchResource, readOperations, readResource } from './read-resource.ts';
import type { ScimProblem } from './scim-problem.ts';
import type { ScimCall, ScimReply, ScimRoute } from './scim-route.ts';

type Pending<T> = Promise<Result<T, ScimProblem>>;

/** `Shown`: what is answered with; `Stored`: what an edit begins from; `Body`: what may be written. */
export interface ResourceKind<Shown, Stored, Body> {
  readonly path: '/Users' | '/Groups';
  readonly type: ResourceType;
  readonly audit: 'scim-user' | 'scim-group';
  readonly body: z.ZodType<Body>;
  readonly show: (shown: Shown) => JsonObject;
  readonly versionOf: (shown: Shown) => number;
  readonly locationOf: (shown: Shown) => string;
  /** What a PATCH changes: the resource as it could be written. */
  readonly writable: (stored: Stored) => JsonObject;
  readonly list: (call: ScimCall) => Pending<JsonObject>;
  readonly find: (call: ScimCall) => Pending<Shown>;
  readonly create: (call: ScimCall, body: Body) => Pending<Shown>;
  readonly edit: (
    call: ScimCall,
    next: (stored: Stored) => Result<Body, ScimProblem>,
  ) => Pending<Shown>;
  readonly remove: (call: ScimCall) => Pending<null>;
}

function handlersOf<Shown, Stored, Body>(kind: ResourceKind<Shown, Stored, Body>) {
  const { type, body } = kind;
  const reply = (
    found: Result<Shown, ScimProblem>,
    { query }: ScimCall,
    more: (shown: Shown) => Partial<ScimReply> = () => ({}),
  ): Result<ScimReply, ScimProblem> => {
    if (!found.ok) return found;
    const { value } = found;
    const version = kind.versionOf(value);
    return ok({ body: selected(kind.show(value), query, type), version, ...more(value) });
  };
  const list: ScimRoute['handle'] = async (call) => {
    const listed = await kind.list(call);
    return listed.ok ? ok({ body: listed.value }) : listed;
  };
  const create: ScimRoute['handle'] = async (call) => {
    const sent = readResource(call.body, type, body);
    if (!sent.ok) return sent;
    const location = (shown: Shown) => ({ location: kind.locationOf(shown) });
    return reply(await kind.create(call, sent.value), call, location);
  };
  const replace: ScimRoute['handle'] = async (call) => {
    const sent = readResource(call.body, type, body);
    return sent.ok ? reply(await kind.edit(call, () => sent), call) : sent;
  };
  const patch: ScimRoute['handle'] = async (call) => {
    const operations = readOperations(call.body);
    if (!operations.ok) return operations;
    const next = (stored: Stored) =>
      patchResource(kind.writable(stored), operations.value, type, body);
    return reply(await kind.edit(call, next), call);
  };
  const remove: ScimRoute['handle'] = async (call) => {
    const removed = await kind.remove(call);
    return removed.ok ? ok({ body: null }) : removed;
  };
  const one: ScimRoute['handle'] = async (call) => reply(await kind.find(call), call);
  return { list, one, create, replace, patch, remove };
}

export function resourceRoutes<Shown, Stored, Body>(
  kind: ResourceKind<Shown, Stored, Body>,
): readonly ScimRoute[] {
  const { path, audit } = kind;
  const { list, one, create, replace, patch, remove } = handlersOf(kind);
  const onAll = { path, permission: 'scim.read', audit: null } as const;
  const onOne = { ...onAll, path: `${path}/{id}` } as const;
  const writes = { permission: 'scim.write' } as const;
  const update = `${audit}.update` as const;
  return [
    { ...onAll, method: 'GET', status: 200, handle: list },
    { ...onOne, method: 'GET', status: 200, handle: one },
    {
      ...onAll,
      ...writes,
      method: 'POST',
      audit: `${audit}.create`,
      status: 201,
      handle: create,
    },
    { ...onOne, ...writes, method: 'PUT', audit: update, status: 200, handle: replace },
    { ...onOne, ...writes, method: 'PATCH', audit: update, status: 200, handle: patch },
    {
      ...onOne,
      ...writes,
      method: 'DELETE',
      audit: `${audit}.delete`,
      status: 204,
      handle: remove,
    },
  ];
}
