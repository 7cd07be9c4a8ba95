/**
 * From a socket to `handleRequest`: what can be refused without reading a byte of the body is
 * refused here, cheapest first.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { type Denial, denialReplies } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import { speaksAnthropic } from '#gateway/answer-read.ts';
import { handleRequest } from '#gateway/handle-request.ts';
import { isAtLeast, type Stage } from '#gateway/overload/stage.ts';
import type { Gateway, Inbound } from '#gateway/ports.ts';
import { denialAnswer } from '#gateway/public-error.ts';
import { answerToken } from '#gateway/token-endpoint.ts';
import { matchRoute, type Route } from '#gateway/routes.ts';
import { timedBase62 } from '#stdx/base62.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import { canonicalTarget } from './canonical-target.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { type HeadRules, readHead, type RequestHead } from './check-head.ts';
import type { ClientAddress } from './client-address.ts';
import { answerHealth, type Health } from './health.ts';
import type { HeldAnswers } from './held-answers.ts';
import { HttpOutlet } from './http-outlet.ts';
import { type Listener, Tracked } from './listener.ts';
import { BODY_GRACE_MS, readBody } from './read-body.ts';

export interface DataPlaneOptions {
  /** The gateway in force, and how to say that the request is over. */
  readonly enter: () => { readonly gateway: Gateway; readonly leave: () => void };
  readonly listener: () => Listener;
  readonly rules: () => HeadRules;
  readonly clientAddress: () => ClientAddress;
  readonly bodyBytesMax: () => number;
  readonly inFlightMax: number;
  readonly overload: OverloadPort;
  readonly bodyDeadlineMs: number;
  readonly bodyBytesPerSecondMin: () => number;
  readonly health: Health;
  readonly held: HeldAnswers;
}

/** How short the process is of memory or time. */
export interface OverloadPort {
  readonly stage: Stage;
  /** Somebody was turned away before anything was known of them. */
  strangerShed(): void;
}

/**
 * Of all places at once, the part that requests for tokens may take. Who sends one is a stranger until its
 * form is read, and a form may be slow: calls are not kept out by people who are nobody.
 */
const FORMS_PART = 1 / 8;

type Routed =
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'health'; readonly path: string }
  | {
      readonly kind: 'route';
      readonly route: Route;
      readonly id: string | null;
      readonly head: RequestHead;
    };

export function dataExchange(options: DataPlaneOptions) {
  const formsMax = Math.ceil(options.inFlightMax * FORMS_PART);
  let forms = 0;
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { gateway, leave } = options.enter();
    const listener = options.listener();
    const tracked = new Tracked();
    const { cancellation } = tracked;
    response.on('close', () => {
      leave();
      listener.untrack(tracked);
      if (!response.writableFinished) cancellation.cancel(callerLeft());
    });
    const requestId = `req_${timedBase62(20, gateway.clock.nowMs())}`;
    const socketAddress = request.socket.remoteAddress ?? '';
    const ip = options.clientAddress()(socketAddress, request.rawHeaders);
    const always = ['x-request-id', requestId, 'request-id', requestId];
    const outlet = new HttpOutlet(request, response, always, options.held);
    if (options.overload.stage !== 'normal') response.setHeader('connection', 'close');

    const routed = route(request, options, forms < formsMax);
    if (routed.kind === 'health') {
      answerHealth(routed.path, response, options.health);
      return;
    }
    if (routed.kind === 'denied') {
      refuse(routed.denial, { request, outlet, gateway, requestId, ip });
      return;
    }
    if (routed.route.serves === 'liveness') {
      response.writeHead(200, [...always, 'content-length', '0']).end();
      return;
    }
    if (routed.route.serves === 'resource-metadata') {
      answerMetadata(routed.route.path, { response, always, gateway });
      return;
    }
    listener.track(tracked);
    // Strangers who wait for their refusal take nobody's place.
    outlet.onHeld = () => listener.untrack(tracked);
    cancellation.on((reason) => outlet.hurry(reason));
    const startMs = gateway.clock.monotonicMs();
    const inbound = inboundOf(
      { request, response, requestId, ip, startMs, cancellation },
      routed,
      options,
    );
    const isForm = routed.route.serves === 'token';
    if (isForm) {
      forms += 1;
      response.on('close', () => {
        forms -= 1;
      });
    }
    const answering = isForm
      ? answerToken(inbound, outlet, gateway)
      : handleRequest(inbound, outlet, gateway);
    answering.catch(() => {
      // `handleRequest` answers for everything; what still gets here is a socket that broke.
      response.destroy();
    });
  };
}

function answerMetadata(path: string, { response, always, gateway }: Asked): void {
  const document = gateway.resource?.documents.get(path);
  const body = JSON.stringify(document ?? {});
  const length = ['content-length', String(Buffer.byteLength(body))];
  const head = [...always, 'content-type', 'application/json', ...length];
  response.writeHead(document === undefined ? 404 : 200, head).end(body);
}

interface Asked {
  readonly response: ServerResponse;
  readonly always: readonly string[];
  readonly gateway: Gateway;
}

const callerLeft = (): Fault => new Fault('client-gone', 'the caller left');

function route(request: IncomingMessage, options: DataPlaneOptions, takesForms: boolean): Routed {
  const listener = options.listener();
  const { rawHeaders, method = 'GET', url = '' } = request;
  const target = canonicalTarget(url);
  if (!target.ok) return { kind: 'denied', denial: target.error };
  const { path } = target.value;
  const head = readHead(rawHeaders, options.rules());
  if (!head.ok) return { kind: 'denied', denial: head.error };
  if (method === 'GET' && (path === '/livez' || path === '/readyz'))
    return { kind: 'health', path };
  if (listener.isDraining) return { kind: 'denied', denial: { reason: 'gateway-draining' } };
  if (listener.inFlight >= options.inFlightMax) {
    return { kind: 'denied', denial: { reason: 'gateway-overloaded' } };
  }
  // Before the credential: what proves it costs time, and there is none.
  if (isAtLeast(options.overload.stage, 'shed')) {
    options.overload.strangerShed();
    return { kind: 'denied', denial: { reason: 'gateway-overloaded', because: 'stage' } };
  }
  const match = matchRoute(method, path);
  if (match.kind === 'found') {
    if (match.route.serves === 'token' && !takesForms) {
      return { kind: 'denied', denial: { reason: 'gateway-overloaded' } };
    }
    return { kind: 'route', route: match.route, id: match.id, head: head.value };
  }
  const reason = match.kind === 'unknown' ? 'route-unknown' : 'method-unknown';
  return { kind: 'denied', denial: { reason } };
}

interface Refused {
  readonly request: IncomingMessage;
  readonly outlet: HttpOutlet;
  readonly gateway: Gateway;
  readonly requestId: string;
  readonly ip: string;
}

/** A refusal before anyone is known: counted by address and second, answered in a vendor's shape. */
function refuse(denial: Denial, { request, outlet, gateway, requestId, ip }: Refused): void {
  const holdMs = gateway.refusals.add(ip, denialReplies[denial.reason].status, denial.reason);
  const { error, headers } = denialAnswer(denial, requestId, gateway.resource);
  const isAnthropic = speaksAnthropic(request.rawHeaders);
  const dialect = gateway.dialects[isAnthropic ? 'anthropic-messages' : 'openai-chat'];
  const all = ['content-type', 'application/json', ...headers, ...closing(denial)];
  try {
    outlet.send(error.status, all, JSON.stringify(dialect.errorBody(error)), holdMs);
  } catch (thrown) {
    // The socket is gone, and nobody waits for this answer.
    if (!(thrown instanceof Fault)) throw thrown;
  }
}

/** Where two parsers may differ on this request they may differ on where the next one begins. */
const closing = ({ reason }: Denial): readonly string[] =>
  reason === 'target-malformed' ? ['connection', 'close'] : [];

interface Arrived {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly ip: string;
  readonly startMs: number;
  readonly cancellation: Cancellation;
}

function inboundOf(
  { request, response, requestId, ip, startMs, cancellation }: Arrived,
  { route, id, head }: Extract<Routed, { kind: 'route' }>,
  options: DataPlaneOptions,
): Inbound {
  let bytesRead = 0;
  return {
    requestId,
    route,
    id,
    ip,
    rawHeaders: request.rawHeaders,
    certificate: () => clientCertificateOf(request.socket),
    startMs,
    cancellation,
    heldBytes: () => bytesRead + response.writableLength,
    async readBody(bytesMax = Infinity) {
      const begin = head.expectsContinue ? () => response.writeContinue() : null;
      const { declaredBytes } = head;
      const bounds = {
        declaredBytes,
        bytesMax: Math.min(options.bodyBytesMax(), bytesMax),
        deadlineMs: options.bodyDeadlineMs,
        bytesPerSecondMin: options.bodyBytesPerSecondMin(),
        graceMs: BODY_GRACE_MS,
      };
      const body = await readBody(request, bounds, begin);
      if (body.ok) bytesRead = body.value.length;
      return body;
    },
  };
}
