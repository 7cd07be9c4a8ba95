/**
 * Runs an open route: what it takes, in the form that it says, from whom it says. What is refused is
 * an act in the log where it is about somebody known, and a count otherwise.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { InvariantViolation } from '#stdx/assert.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { send, sendProblem } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { type Problem, problem, problemTexts } from '../problem.ts';
import { hasFormType, hasJsonType, readFormBody, readJsonBody } from '../read-call.ts';
import type { RefusalGate } from '../refusal-gate.ts';
import type { RefusalPorts } from '../report-refusal.ts';
import type { AdminPorts } from '../route.ts';
import type { OpenRefusal, OpenReply, OpenRoute } from './open-route.ts';
import { isOwnOrigin } from './same-origin.ts';

interface Ports {
  readonly options: AdminPorts & RefusalPorts;
  readonly gate: RefusalGate;
}

export async function runOpen(
  route: OpenRoute,
  query: string,
  exchange: Exchange,
  ports: Ports,
): Promise<void> {
  const { request, response, requestId, ip } = exchange;
  const body = await bodyOf(route, request, response);
  if (!body.ok) {
    const { reason } = body.error;
    refuse(route, { told: body.error, reason, actor: null, tenant: null }, exchange, ports);
    return;
  }
  const { rawHeaders } = request;
  const call = { requestId, ip, rawHeaders, query, body: body.value, ports: ports.options };
  const done = await route.handle(call);
  if (done.ok) reply(route, done.value, response);
  else refuse(route, done.error, exchange, ports);
}

async function bodyOf(
  route: OpenRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Result<unknown, Problem>> {
  const { origin, host } = request.headers;
  // Signing somebody in as somebody else (login CSRF) is an attack of its own.
  const isForeign = origin !== undefined && !isOwnOrigin(origin, host);
  if (route.from === 'page' && isForeign) return err(problem('cross-site'));
  if (route.body === null) return ok(null);
  const isForm = route.takes === 'form';
  const isTyped = isForm ? hasFormType(request) : hasJsonType(request);
  if (!isTyped) return err(problem('content-type-unknown'));
  if (isForm) return await readFormBody({ body: route.body }, request, response);
  return await readJsonBody(route, request, response);
}

function reply(route: OpenRoute, { body, location, cookies }: OpenReply, response: ServerResponse) {
  const headers = {
    ...(location !== undefined && { location }),
    ...(cookies !== undefined && { 'set-cookie': [...cookies] }),
  };
  if (route.response === null) {
    response.writeHead(route.status, headers).end();
    return;
  }
  const parsed = route.response.safeParse(body);
  if (!parsed.success)
    throw new InvariantViolation(`the answer of ${route.path} is not as declared`);
  const text = JSON.stringify(parsed.data);
  send(response, { status: route.status, type: 'application/json', body: text, headers });
}

function refuse(
  route: OpenRoute,
  { told, reason, actor, tenant, location, cookies }: OpenRefusal,
  { response, requestId, ip }: Exchange,
  { options, gate }: Ports,
): void {
  const { status } = problemTexts[told.reason];
  if (actor !== null && gate.takes(actor, options.clock.nowMs())) {
    const action = route.audit ?? 'admin.unknown';
    const resource = route.path.replace('/admin/v1/', '');
    options.auditRefused({ requestId, actor, action, resource, tenant, ip, status, reason });
  } else options.refused(ip, status, reason);
  if (cookies !== undefined) response.setHeader('set-cookie', [...cookies]);
  if (location === undefined) sendProblem(response, told, requestId);
  else response.writeHead(303, { location }).end();
}
