/**
 * The admin listener's exchange: API, OpenAPI document, health and dashboard. Paths and heads are as
 * strict as on the data plane; the route that is matched is the one whose permission applies. There
 * is no CORS, and no way in without a token or a session but the few open routes that give one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Fault } from '#domain/fault.ts';
import { canonicalTarget, type Target } from '#server/canonical-target.ts';
import { readHead } from '#server/check-head.ts';
import type { Health } from '#server/health.ts';
import { type Listener, Tracked } from '#server/listener.ts';
import { InvariantViolation } from '#stdx/assert.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { err, type Result } from '#stdx/result.ts';
import type { Log } from '#telemetry/log.ts';

import { send, sendProblem, setHeaders } from './answer.ts';
import { authenticateAdmin } from './authenticate.ts';
import { actorName } from './change.ts';
import { isEventSource, sendEvents } from './event-stream.ts';
import type { Exchange } from './exchange.ts';
import { answerHealthPage } from './health-page.ts';
import { IdempotencyDesk } from './idempotency.ts';
import { openApiDocument } from './openapi.ts';
import { OpenStreams } from './open-streams.ts';
import { endedCookie, SESSION_COOKIE } from './people/cookies.ts';
import { runOpen } from './people/open-exchange.ts';
import { openRouteOf } from './people/open-routes.ts';
import { type Actor, mayDo } from './permissions.ts';
import { type Problem, problem, problemOf, problemTexts } from './problem.ts';
import { RefusalGate } from './refusal-gate.ts';
import { RequestLimits } from './request-limits.ts';
import { type Refusal, type RefusalPorts, reportRefusal } from './report-refusal.ts';
import type { AdminPorts, AdminRoute } from './route.ts';
import { type AdminMatch, matchAdminRoute } from './routes.ts';
import { runRoute } from './run-route.ts';
import { isScimPath, runScim } from './scim/scim-exchange.ts';
import { sendReply } from './send-reply.ts';
import { type NamedFile, readSite, type Site } from './site.ts';

export interface AdminOptions extends AdminPorts, RefusalPorts {
  readonly listener: () => Pick<Listener, 'track' | 'untrack' | 'isDraining'>;
  readonly health: Health;
  /** Names in `Host` that are served besides this machine's own (`localhost`, `127.0.0.1`, `[::1]`). */
  readonly hosts: () => readonly string[];
  /** Whose address tries are counted by and records have: of the peer, or of whom it speaks for. */
  readonly clientAddress: (peer: string, rawHeaders: readonly string[]) => string;
  /** The dashboard as it was built. */
  readonly site: readonly NamedFile[];
  readonly log: Log;
}

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

interface Plane {
  readonly options: AdminOptions;
  readonly site: Site;
  readonly gate: RefusalGate;
  readonly limits: RequestLimits;
  readonly idempotency: IdempotencyDesk;
  readonly streams: OpenStreams;
}

let openApi: string | null = null;
/** Built when it is asked for: it takes a twentieth of the time of a start, and few ever read it. */
const openApiText = (): string => (openApi ??= JSON.stringify(openApiDocument()));

export function adminExchange(
  options: AdminOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const plane: Plane = {
    options,
    site: readSite(options.site),
    gate: new RefusalGate(),
    limits: new RequestLimits(options.clock, options.config().admin.requests),
    idempotency: new IdempotencyDesk(options.storage.onceKeys, options.clock),
    streams: new OpenStreams(),
  };
  return (request, response) => {
    const requestId = `req_${randomBase62(20)}`;
    const ip = options.clientAddress(request.socket.remoteAddress ?? '', request.rawHeaders);
    const exchange: Exchange = { request, response, requestId, ip };
    setHeaders(response, requestId);
    const listener = options.listener();
    const tracked = new Tracked();
    tracked.cancellation.on(() => response.destroy());
    listener.track(tracked);
    response.on('close', () => listener.untrack(tracked));
    answer(exchange, plane).catch((thrown: unknown) => {
      sendProblem(response, failure(thrown, exchange, plane), requestId);
    });
  };
}

/** A store that restarts is there again by then; one that does not is asked no oftener. */
const RETRY_MS = 5_000;

/** What broke is logged and not told. */
function failure(thrown: unknown, { requestId }: Exchange, { options }: Plane): Problem {
  if (thrown instanceof Fault) {
    if (thrown.code !== 'client-gone') {
      const fields = { requestId, code: thrown.code, claim: thrown.message };
      options.log.write('error', 'admin-fault', fields);
    }
    return { ...problem('unavailable'), retryMs: RETRY_MS };
  }
  // A foreign error may quote what was sent: of those, only the place is logged.
  const claim = thrown instanceof InvariantViolation ? thrown.message : 'a foreign error';
  const stack =
    thrown instanceof Error ? (thrown.stack ?? '').replace(/^[^]*?\n(?= {4}at )/u, '') : '';
  options.log.write('error', 'admin-failed', { requestId, claim, stack });
  return problem('internal');
}

async function answer(exchange: Exchange, plane: Plane): Promise<void> {
  const { request, response, requestId, ip } = exchange;
  const { options } = plane;
  const target = targetOf(request, options);
  if (!target.ok) {
    options.refused(ip, problemTexts[target.error.reason].status, target.error.reason);
    sendProblem(response, target.error, requestId);
    return;
  }
  const { path } = target.value;
  if (path === '/admin' || path.startsWith('/admin/')) await api(target.value, exchange, plane);
  else if (isScimPath(path)) {
    const early = earlyProblem(request, options, false);
    await runScim(target.value, early, exchange, plane);
  } else await page(path, exchange, plane);
}

function targetOf(
  { url = '', rawHeaders }: IncomingMessage,
  options: AdminOptions,
): Result<Target, Problem> {
  const target = canonicalTarget(url);
  if (!target.ok) return err(problemOf(target.error));
  // A name that resolves to this machine is not yet ours: DNS rebinding makes any site's do so.
  const head = readHead(rawHeaders, { hosts: [...OWN_HOSTS, ...options.hosts()] });
  return head.ok ? target : err(problemOf(head.error));
}

/** Health and the dashboard: without a credential, and nothing of any tenant. */
async function page(path: string, exchange: Exchange, plane: Plane): Promise<void> {
  const { request, response, requestId } = exchange;
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    sendProblem(response, problem('method-unknown'), requestId, { allow: 'GET, HEAD' });
    return;
  }
  if (await answerHealthPage(path, exchange, plane.options)) return;
  const file = plane.site.file(path);
  if (file === null) sendProblem(response, problem('not-found'), requestId);
  else {
    const { type, body, cacheControl } = file;
    send(response, { status: 200, type, body, headers: { 'cache-control': cacheControl } });
  }
}

async function api(target: Target, exchange: Exchange, plane: Plane): Promise<void> {
  const { request, response, requestId, ip } = exchange;
  const { options } = plane;
  const open = openRouteOf(request.method ?? '', target.path);
  const early = earlyProblem(request, options, open?.from === 'anywhere');
  if (early !== null) {
    options.refused(ip, problemTexts[early.reason].status, early.reason);
    sendProblem(response, early, requestId);
    return;
  }
  const isDocument = target.path === '/admin/openapi.json' && request.method === 'GET';
  const isOpen = open !== null || isDocument;
  const waitMs = isOpen ? plane.limits.arrivedOpen(ip) : plane.limits.arrived(ip, request);
  if (waitMs !== null) {
    tooMany(waitMs, exchange, plane);
    return;
  }
  // The same for every gateway of this version: it tells a stranger nothing about this one.
  if (isDocument) {
    send(response, { status: 200, type: 'application/json', body: openApiText() });
    return;
  }
  if (open !== null) {
    await runOpen(open, target.query, exchange, { options, gate: plane.gate });
    return;
  }
  const match = matchAdminRoute(request.method ?? '', target.path);
  const proven = await authenticateAdmin(request, options);
  if (!proven.ok) {
    plane.limits.refused(ip, request);
    const { reason, actor } = proven.error;
    const isTold =
      reason === 'credential-ambiguous' || reason === 'csrf' || reason === 'cross-site';
    const told = problem(isTold ? reason : 'unauthenticated');
    // A cookie that is over would come with every request of this browser.
    if (reason.startsWith('session-'))
      response.setHeader('set-cookie', endedCookie(SESSION_COOKIE));
    refuse({ actor, match, told, reason }, exchange, plane);
    return;
  }
  const actor = proven.value;
  const ownWaitMs = plane.limits.proven(ip, actorName(actor), request);
  if (ownWaitMs !== null) {
    tooMany(ownWaitMs, exchange, plane);
    return;
  }
  await routed({ actor, match, query: target.query }, exchange, plane);
}

/** Counted with the refusals of its address: a record each would be what fills the disk. */
function tooMany(retryMs: number, { response, requestId, ip }: Exchange, { options }: Plane): void {
  const told = { ...problem('too-many-requests'), retryMs };
  options.refused(ip, problemTexts[told.reason].status, told.reason);
  sendProblem(response, told, requestId);
}

function refuse(
  refusal: Refusal,
  { response, requestId, ip }: Exchange,
  { options, gate }: Plane,
): void {
  reportRefusal(refusal, { requestId, ip }, options, gate);
  sendProblem(response, refusal.told, requestId);
}

function earlyProblem(
  { headers }: IncomingMessage,
  options: AdminOptions,
  isFromAnywhere: boolean,
): Problem | null {
  if (options.listener().isDraining) return problem('draining');
  const site = headers['sec-fetch-site'];
  // A page on another port of this machine is `same-site`. It has no business here either.
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  return isForeign && !isFromAnywhere ? problem('cross-site') : null;
}

interface Asked {
  readonly actor: Actor;
  readonly match: AdminMatch;
  readonly query: string;
}

async function routed(
  { actor, match, query }: Asked,
  exchange: Exchange,
  plane: Plane,
): Promise<void> {
  const { response, requestId } = exchange;
  if (match.kind === 'unknown') {
    sendProblem(response, problem('not-found'), requestId);
    return;
  }
  if (match.kind === 'wrong-method') {
    sendProblem(response, problem('method-unknown'), requestId, { allow: match.allow });
    return;
  }
  const { route } = match;
  const result = await runRoute({ actor, route, params: match.params, query }, exchange, plane);
  if (!result.ok) {
    const told = result.error;
    refuse({ actor, match, told, reason: told.reason }, exchange, plane);
    return;
  }
  if (route.response === 'events')
    stream({ actor, route, source: result.value.body }, exchange, plane);
  else sendReply(response, route, result.value);
}

interface Streamed {
  readonly actor: Actor;
  readonly route: AdminRoute;
  readonly source: unknown;
}

function stream(
  { actor, route, source }: Streamed,
  { request, response, requestId }: Exchange,
  { options, streams }: Plane,
): void {
  if (!isEventSource(source))
    throw new InvariantViolation(`the answer of ${route.path} is not as declared`);
  if (!streams.take(response, actor.tenant)) {
    sendProblem(response, problem('too-many'), requestId);
    return;
  }
  sendEvents(response, source, {
    // Another role may see less: whoever has one begins anew.
    mayGoOn: async () => {
      const again = await authenticateAdmin(request, options);
      if (!again.ok || options.listener().isDraining) return false;
      const { role, tenant } = again.value;
      return role === actor.role && tenant === actor.tenant && mayDo(again.value, route.permission);
    },
  });
}
