/**
 * `/scim/v2`: the same checks as the admin API, in the words of RFC 7644. A token says which tenant it
 * is about, so one without a tenant has nothing to do here, and a session of a person neither.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Target } from '#server/canonical-target.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { send } from '../answer.ts';
import { authenticateAdmin, stillProven } from '../authenticate.ts';
import { actorName } from '../change.ts';
import type { Exchange } from '../exchange.ts';
import { type Actor, mayDo } from '../permissions.ts';
import { type Problem, problem } from '../problem.ts';
import { readObject } from '../read-call.ts';
import type { RefusalGate } from '../refusal-gate.ts';
import type { RequestLimits } from '../request-limits.ts';
import type { RefusalPorts } from '../report-refusal.ts';
import type { AdminPorts } from '../route.ts';
import { ofProblem, problemBody, type ScimProblem } from './scim-problem.ts';
import { etagOf, isWanted, type ScimReply, type ScimRoute } from './scim-route.ts';
import { matchScimRoute, type ScimMatch } from './scim-routes.ts';

export const isScimPath = (path: string): boolean => path === '/scim' || path.startsWith('/scim/');

interface Ports {
  readonly options: AdminPorts & RefusalPorts;
  readonly gate: RefusalGate;
  readonly limits: RequestLimits;
}

/** 5,000 members of a group, each with what providers say beside its id. */
const BODY = { bytesMax: 524_288, membersMax: 25_000 };
const TYPE = 'application/scim+json';
const BODY_TYPE = /^application\/(?:scim\+)?json(?:\s*;\s*charset="?utf-8"?)?$/iu;

/** `early`: why nothing of this request is looked at. */
export async function runScim(
  target: Target,
  early: Problem | null,
  exchange: Exchange,
  ports: Ports,
): Promise<void> {
  const { request } = exchange;
  const match = matchScimRoute(request.method ?? '', target.path);
  if (early !== null) {
    refuse({ told: ofProblem(early), actor: null, match }, exchange, ports);
    return;
  }
  const { limits } = ports;
  const tooMany = (retryMs: number): void => {
    const told = ofProblem({ ...problem('too-many-requests'), retryMs });
    refuse({ told, actor: null, match }, exchange, ports);
  };
  const waitMs = limits.arrived(exchange.ip, request);
  if (waitMs !== null) {
    tooMany(waitMs);
    return;
  }
  const proven = await authenticateAdmin(request, ports.options);
  if (!proven.ok) {
    limits.refused(exchange.ip, request);
    const { reason, actor } = proven.error;
    const told = problem(reason === 'credential-ambiguous' ? reason : 'unauthenticated');
    refuse({ told: { ...ofProblem(told), reason }, actor, match }, exchange, ports);
    return;
  }
  const actor = proven.value;
  const ownWaitMs = limits.proven(exchange.ip, actorName(actor), request);
  if (ownWaitMs !== null) {
    tooMany(ownWaitMs);
    return;
  }
  if (match.kind === 'wrong-method') exchange.response.setHeader('allow', match.allow);
  const done = await run({ actor, match, query: target.query }, exchange, ports.options);
  if (!done.ok) refuse({ told: done.error, actor, match }, exchange, ports);
}

interface Asked {
  readonly actor: Actor;
  readonly match: ScimMatch;
  readonly query: string;
}

const refused = (reason: Problem['reason']) => err(ofProblem({ reason }));

const noTenant: ScimProblem = {
  ...ofProblem({ reason: 'forbidden' }),
  detail: 'SCIM needs an admin token of one tenant, which may provision.',
};

/** In this order: may you, is it well formed, and only then what it is about. */
async function run(
  { actor, match, query: text }: Asked,
  { request, response, requestId }: Exchange,
  ports: AdminPorts,
): Promise<Result<null, ScimProblem>> {
  const { tenant, person } = actor;
  if (tenant === null || person !== null) return err(noTenant);
  if (!mayDo(actor, match.kind === 'found' ? match.route.permission : 'scim.read')) {
    return err(noTenant);
  }
  if (match.kind === 'unknown') return refused('not-found');
  if (match.kind === 'wrong-method') return refused('method-unknown');
  const { route, id } = match;
  const query = queryOf(text);
  if (query === null) return refused('request-malformed');
  const body = await bodyOf(route, request, response);
  if (!body.ok) return body;
  // A body may take its time: who was shut out meanwhile changes nothing.
  const isStill = route.method === 'GET' || (await stillProven(actor, request, ports)) !== null;
  if (!isStill) return refused('unauthenticated');
  const { 'if-match': ifMatch } = request.headers;
  const action = route.audit ?? route.permission;
  const done = await route.handle({
    actor,
    tenant,
    requestId,
    action,
    id,
    body: body.value,
    query,
    ifMatch,
    ports,
  });
  if (!done.ok) return done;
  reply(route, done.value, { request, response });
  return ok(null);
}

/** Names in any case. One that is there twice means two things to two readers. */
function queryOf(text: string): ReadonlyMap<string, string> | null {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name.toLowerCase())) return null;
    query.set(name.toLowerCase(), value);
  }
  return query;
}

async function bodyOf(
  { method }: ScimRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Result<JsonObject, ScimProblem>> {
  if (method === 'GET' || method === 'DELETE') return ok({});
  if (!BODY_TYPE.test(request.headers['content-type'] ?? '')) {
    const told = ofProblem({ reason: 'content-type-unknown' });
    return err({ ...told, detail: `Send content-type: ${TYPE}.` });
  }
  const read = await readObject(request, response, BODY);
  return read.ok ? read : err(ofProblem(read.error));
}

function reply(
  { method, status }: ScimRoute,
  { body, version, location }: ScimReply,
  { request, response }: Pick<Exchange, 'request' | 'response'>,
): void {
  const headers = {
    ...(version !== undefined && { etag: etagOf(version) }),
    ...(location !== undefined && { location }),
  };
  const { 'if-none-match': known } = request.headers;
  const isKnown = known !== undefined && version !== undefined && isWanted(known, version);
  if (method === 'GET' && isKnown) response.writeHead(304, headers).end();
  else if (body === null) response.writeHead(status, headers).end();
  else send(response, { status, type: TYPE, body: JSON.stringify(body), headers });
}

interface Refused {
  readonly told: ScimProblem;
  readonly actor: Actor | null;
  readonly match: ScimMatch;
}

/** Refusals of somebody known are acts, and are in the log; malformed and unknown things are not. */
const AUDITED = new Set([401, 403, 409, 412]);

function refuse(
  { told, actor, match }: Refused,
  { response, requestId, ip }: Exchange,
  { options, gate }: Ports,
): void {
  const { status, reason, retryMs } = told;
  if (actor === null) options.refused(ip, status, reason);
  else if (AUDITED.has(status)) {
    const name = actorName(actor);
    if (gate.takes(name, options.clock.nowMs())) {
      const route = match.kind === 'found' ? match.route : null;
      const action = route === null ? 'admin.unknown' : (route.audit ?? route.permission);
      const resource = route === null ? 'none' : `scim${route.path}`;
      const { tenant } = actor;
      const act = { requestId, actor: name, action, resource, tenant, ip, status, reason };
      options.auditRefused(act);
    } else options.refused(ip, status, reason);
  }
  const headers = {
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryMs !== undefined && { 'retry-after': String(Math.ceil(retryMs / 1_000)) }),
  };
  const body = JSON.stringify(problemBody(told));
  send(response, { status, type: TYPE, body, headers });
}
