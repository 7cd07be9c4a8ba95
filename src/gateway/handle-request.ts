/**
 * One request, top to bottom.
 *
 * Each step takes what the step before it proved, so that none can be left out or moved: egress
 * needs a grant, an admission, a cleared call and a reservation, and each has one mint. The cheapest
 * refusal comes first. However a request ends, its record is written, its reservation is settled
 * once, and only then does the caller get the last byte.
 */
import { type Fault, Fault as FaultError, faultCodeOf } from '#domain/fault.ts';
import { InvariantViolation } from '#stdx/assert.ts';
import { err, ok, type Result } from '#stdx/result.ts';
import type { Denial } from '#domain/denial.ts';
import { GuardRun } from '#policy/guards/guard-run.ts';
import { grant, mayAct } from '#policy/access/decide.ts';
import type { Principal } from '#domain/principal.ts';

import { heldTokensOf } from '#metering/estimate.ts';

import { type Answer, answerRead } from './answer-read.ts';
import { CallRecord } from './call-record.ts';
import { answerHeaders, conclude } from './conclude.ts';
import { countLocally } from './count-locally.ts';
import type { Gateway, Inbound, Outlet } from './ports.ts';
import { type RelayInput, relayWhole } from './relay-whole.ts';
import { StreamRelay } from './relay-stream.ts';
import { admit, authenticate, inspect, parseBody, reserve } from './stages.ts';

export async function handleRequest(
  inbound: Inbound,
  outlet: Outlet,
  gateway: Gateway,
): Promise<void> {
  const record = new CallRecord(inbound);
  let answer: Answer;
  let forget: (() => void) | null = null;
  try {
    const caller = await authenticate(inbound, gateway);
    if (caller.ok) {
      record.principal = caller.value;
      forget = gateway.running(caller.value, inbound.abort);
      answer = await answerCaller(inbound, caller.value, outlet, { gateway, record });
    } else answer = { kind: 'denied', denial: caller.error };
  } catch (thrown) {
    answer = { kind: 'faulted', fault: faultOf(thrown, gateway, inbound) };
  } finally {
    forget?.();
  }
  await conclude(answer, record, outlet, gateway);
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // nginx would hold events back to fill its buffers.
  'x-accel-buffering': 'no',
};

interface Scene {
  readonly gateway: Gateway;
  readonly record: CallRecord;
}

async function answerCaller(
  inbound: Inbound,
  principal: Principal,
  outlet: Outlet,
  scene: Scene,
): Promise<Answer> {
  const { gateway } = scene;
  const { permission, serves } = inbound.route;
  if (permission !== 'own-decisions' && permission !== 'none') {
    const forbidden = mayAct(principal, permission, gateway.access);
    if (forbidden !== null) return { kind: 'denied', denial: forbidden };
  }
  if (serves !== 'call') return await answerRead(inbound, principal, scene);
  const result = await answerCall(inbound, principal, outlet, scene);
  return result.ok ? result.value : { kind: 'denied', denial: result.error };
}

async function answerCall(
  inbound: Inbound,
  principal: Principal,
  outlet: Outlet,
  { gateway, record }: Scene,
): Promise<Result<Answer, Denial>> {
  const { route, signal, requestId } = inbound;
  const bytes = await inbound.readBody();
  if (!bytes.ok) return bytes;
  const body = parseBody(bytes.value);
  if (!body.ok) return body;

  const action =
    route.permission === 'embeddings' || route.permission === 'count-tokens'
      ? route.permission
      : 'chat';
  const parsed = gateway.dialects[route.dialect].parse(body.value, action);
  if (!parsed.ok) return parsed;
  const call = parsed.value;
  record.call = call;
  record.heldTokens = heldTokensOf(call);

  const granted = grant(principal, call, gateway.access, (deployment) =>
    gateway.upstreams.of(deployment).misfit(call),
  );
  if (!granted.ok) return granted;
  record.grant = granted.value;
  const model = granted.value.alias.name;

  const reserved = await reserve(inbound, granted.value, record.heldTokens, gateway);
  if (!reserved.ok) return reserved;
  record.reservation = reserved.value;

  const admitted = await admit(inbound, granted.value, call, gateway);
  if (!admitted.ok) return admitted;
  record.isAdmitted = true;

  const { evidence } = record;
  const ports = { evidence, monotonicMs: () => gateway.clock.monotonicMs() };
  const subject = { tenant: principal.tenant, model, signal };
  const guards = new GuardRun(gateway.guards, { ...subject, direction: 'request' }, ports);
  const cleared = await inspect(call, guards, evidence);
  if (!cleared.ok) return err(cleared.error);

  const local = countLocally(call, granted.value, gateway);
  if (local !== null) return ok(local);

  const proofs = {
    grant: granted.value,
    admitted: admitted.value,
    cleared: cleared.value,
    reservation: reserved.value,
  };
  const sentMs = gateway.clock.monotonicMs();
  try {
    const reply = await gateway.egress.send(proofs, signal, record.attempts);
    const run = new GuardRun(gateway.guards, { ...subject, direction: 'reply' }, ports);
    const input = { call, reply, run, evidence, requestId, model };
    if (!call.isStreamed) return ok(await relayBody(input, gateway));
    outlet.prepareStream({ ...STREAM_HEADERS, ...answerHeaders(record, gateway) });
    return ok(await relayStream(new StreamRelay(input, gateway, outlet), record, reply));
  } finally {
    record.upstreamMs = gateway.clock.monotonicMs() - sentMs;
  }
}

async function relayBody(input: RelayInput, gateway: Gateway): Promise<Answer> {
  try {
    return { kind: 'whole', reply: await relayWhole(input, gateway), upstream: input.reply };
  } catch (thrown) {
    // Unheard, a probe that got garbage would keep its deployment on probation for ever.
    input.reply.finished(faultCodeOf(thrown));
    throw thrown;
  }
}

async function relayStream(
  relay: StreamRelay,
  record: CallRecord,
  upstream: Awaited<ReturnType<Gateway['egress']['send']>>,
): Promise<Answer> {
  try {
    return { kind: 'stream', end: await relay.run(), upstream };
  } catch (thrown) {
    // What was produced is billed, whatever broke.
    record.usage = relay.usage;
    upstream.finished(faultCodeOf(thrown));
    throw thrown;
  }
}

/** The one place where what is thrown becomes an answer. Only its kind is logged, never its text. */
function faultOf(thrown: unknown, gateway: Gateway, { requestId }: Inbound): Fault {
  if (thrown instanceof FaultError) return thrown;
  const claim = thrown instanceof InvariantViolation ? thrown.message : 'unexpected';
  const stack = thrown instanceof Error ? framesOf(thrown) : '';
  gateway.log('request-failed', { requestId, claim, stack });
  return new FaultError('internal', claim);
}

/** Where, without the message: a message may quote what a caller sent. */
const framesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /u.test(line))
    .slice(0, 8)
    .join('\n');
