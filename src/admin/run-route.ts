/** One call of a route that was matched, by an actor that was proven. */
import { err, ok, type Result } from '#stdx/result.ts';

import { stillProven } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import type { IdempotencyDesk } from './idempotency.ts';
import { type Actor, mayDo } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import { hasJsonType, readJsonBody, readQuery, readVersion } from './read-call.ts';
import type { AdminPorts, AdminRoute, Reply } from './route.ts';

interface Run {
  readonly actor: Actor;
  readonly route: AdminRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
}

export interface RunPorts {
  readonly options: AdminPorts;
  readonly idempotency: IdempotencyDesk;
}

/** In this order: may you, is it well formed, and only then what it is about. */
export async function runRoute(
  { actor: asking, route, params, query }: Run,
  { request, response, requestId, ip }: Exchange,
  { options: ports, idempotency }: RunPorts,
): Promise<Result<Reply, Problem>> {
  if (!mayDo(asking, route.permission)) {
    return err(problem(asking.person?.isRestricted === true ? 'sign-in-incomplete' : 'forbidden'));
  }
  if (route.scope === 'platform' && asking.tenant !== null) return err(problem('forbidden'));
  const isWithBody = route.method === 'POST' || route.method === 'PATCH';
  if (isWithBody && !hasJsonType(request)) return err(problem('content-type-unknown'));
  const version = route.ifMatch ? readVersion(request.headers['if-match']) : ok(-1);
  if (!version.ok) return version;
  const asked = readQuery(route, query);
  if (!asked.ok) return asked;
  const isRead = route.method === 'GET';
  const body = isRead ? ok(null) : await readJsonBody(route, request, response);
  if (!body.ok) return body;
  // A body may take its time: who was shut out meanwhile changes nothing.
  const actor = isRead ? asking : await stillProven(asking, request, ports);
  if (actor === null) return err(problem('unauthenticated'));
  const key = route.method === 'POST' ? request.headers['idempotency-key'] : undefined;
  // What is told as it comes cannot be told again.
  const isRepeatable = route.response !== 'events';
  if (Array.isArray(key) || (key !== undefined && !isRepeatable))
    return err(problem('request-malformed', 'idempotency-key'));
  const call = {
    actor,
    requestId,
    ip,
    rawHeaders: request.rawHeaders,
    isGone: () => response.destroyed,
    action: route.audit ?? route.permission,
    params,
    body: body.value,
    query: asked.value,
    version: version.value,
    ports,
  };
  const once = { actor, route, params, body: body.value };
  return await idempotency.run(key, once, () => route.handle(call));
}
