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
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, type Result } from '#stdx/result.ts';
import type { AskedRequest } from '#domain/asked.ts';
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { ownerOf } from '#domain/held-state.ts';
import { type GuardPorts, GuardRun, type GuardSubject } from '#policy/guards/guard-run.ts';
import { Pseudonyms } from '#policy/guards/pseudonyms.ts';
import { isReversible } from '#policy/guards/rule.ts';
import { grant, mayAct } from '#policy/access/decide.ts';
import type { Principal } from '#domain/principal.ts';
import type { ClearedCall, Grant } from '#domain/proofs.ts';
import { limitsTools, type ToolLimits } from '#domain/tool-limits.ts';

import { type Answer, answerRead } from './answer-read.ts';
import { CallRecord } from './call-record.ts';
import { answerHeaders, conclude } from './conclude.ts';
import { countLocally } from './count-locally.ts';
import type { UpstreamReply } from './egress.ts';
import { plainName, readEndUser } from './end-users.ts';
import { watchBirths } from './held-state.ts';
import type { Gateway, Inbound, Outlet } from './ports.ts';
import { type RelayInput, relayWhole } from './relay-whole.ts';
import { StreamRelay } from './relay-stream.ts';
import { RunningCall } from './running-calls.ts';
import { admit, authenticate, inspect, parseBody, reserve } from './stages.ts';

export async function handleRequest(
  inbound: Inbound,
  outlet: Outlet,
  gateway: Gateway,
): Promise<void> {
  const record = new CallRecord(inbound);
  let answer: Answer;
  let running: RunningCall | null = null;
  try {
    const proven = authenticate(inbound, gateway);
    const caller = proven instanceof Promise ? await proven : proven;
    if (caller.ok) {
      record.principal = caller.value;
      const { keyId } = caller.value;
      if (keyId !== null) gateway.keyUses.used(keyId);
      running = new RunningCall(caller.value, inbound.cancellation);
      gateway.running.add(running);
      // Who was revoked while a proof took its time was not among the running calls that were ended.
      const isOver = proven instanceof Promise && (await gateway.isOver(caller.value));
      answer = isOver
        ? denied({ reason: 'credential-rejected', because: 'revoked' })
        : await answerCaller(inbound, caller.value, outlet, sceneOf(record, gateway));
    } else answer = { kind: 'denied', denial: caller.error };
  } catch (thrown) {
    answer = { kind: 'faulted', fault: faultOf(thrown, gateway, inbound) };
  } finally {
    if (running !== null) gateway.running.remove(running);
  }
  await conclude(answer, record, outlet, gateway);
}

const STREAM_HEADERS = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache',
  // nginx would hold events back to fill its buffers.
  'x-accel-buffering',
  'no',
];

interface Scene {
  readonly gateway: Gateway;
  readonly record: CallRecord;
  readonly request: AskedRequest;
}

function sceneOf(record: CallRecord, gateway: Gateway): Scene {
  const { ip, route } = record.inbound;
  return { gateway, record, request: { ip, route: route.name, clock: gateway.clock } };
}

/** What the header says counts before what the body says: the application's servers write it. */
function named(call: Call, { rawHeaders }: Inbound): Call {
  const read = readEndUser(rawHeaders);
  const endUser = read.ok ? plainName(read.value) : null;
  return endUser === null ? call : { ...call, endUser };
}

const denied = (denial: Denial): Answer => ({ kind: 'denied', denial });

function answerCaller(
  inbound: Inbound,
  principal: Principal,
  outlet: Outlet,
  scene: Scene,
): MaybePromise<Answer> {
  const { permission, serves } = inbound.route;
  if (permission !== 'own-decisions' && permission !== 'none') {
    const forbidden = mayAct(principal, permission, scene.request, scene.gateway.access);
    if (forbidden !== null) return denied(forbidden);
  }
  return serves === 'call'
    ? answerCall(inbound, principal, outlet, scene)
    : answerRead(inbound, principal, scene);
}

async function answerCall(
  inbound: Inbound,
  principal: Principal,
  outlet: Outlet,
  scene: Scene,
): Promise<Answer> {
  const { gateway, record } = scene;
  const { route, cancellation } = inbound;
  const bytes = await inbound.readBody();
  if (!bytes.ok) return denied(bytes.error);
  const body = parseBody(bytes.value);
  if (!body.ok) return denied(body.error);

  const action =
    route.permission === 'embeddings' || route.permission === 'count-tokens'
      ? route.permission
      : 'chat';
  const parsed = gateway.dialects[route.dialect].parse(body.value, action);
  if (!parsed.ok) return denied(parsed.error);
  const call = named(parsed.value, inbound);
  record.estimate(call);

  const pending = grantCall(call, principal, scene);
  const granted = pending instanceof Promise ? await pending : pending;
  if (!granted.ok) return denied(granted.error);
  record.grant = granted.value;

  const reserving = reserve(inbound, granted.value, record.heldTokens, gateway);
  const reserved = reserving instanceof Promise ? await reserving : reserving;
  if (!reserved.ok) return denied(reserved.error);
  record.reservation = reserved.value;

  const admitted = await admit(record, granted.value, call, gateway);
  if (!admitted.ok) return denied(admitted.error);
  record.isAdmitted = true;

  const subject = { ...subjectOf(granted.value), cancellation };
  const inspecting = inspectCall(call, subject, scene);
  const cleared = inspecting instanceof Promise ? await inspecting : inspecting;
  if (!cleared.ok) return denied(cleared.error);

  const local = countLocally(call, granted.value, gateway);
  if (local !== null) return local;

  const proofs = {
    grant: granted.value,
    admitted: admitted.value,
    cleared: cleared.value,
    reservation: reserved.value,
  };
  const sentMs = gateway.clock.monotonicMs();
  try {
    const reply = await gateway.egress.send(proofs, cancellation, record.attempts);
    const input = relayInput(reply, call, replyGuards(subject, granted.value, call, scene), scene);
    if (!call.isStreamed) {
      return { kind: 'whole', reply: await relayWhole(input, gateway), upstream: reply };
    }
    outlet.prepareStream([...STREAM_HEADERS, ...answerHeaders(record, gateway)]);
    return await relayStream(new StreamRelay(input, gateway, outlet), record, reply);
  } finally {
    record.upstreamMs = gateway.clock.monotonicMs() - sentMs;
  }
}

function grantCall(
  call: Call,
  principal: Principal,
  { gateway, request }: Scene,
): MaybePromise<Result<Grant, Denial>> {
  const { access, upstreams, guards } = gateway;
  const pending = grant(principal, { call, request }, access, (deployment) =>
    upstreams.of(deployment).misfit(call, principal.tenant),
  );
  return andThen(pending, (granted) => {
    const missing = granted.ok ? missingGuard(granted.value, guards) : null;
    return missing === null ? granted : err(missing);
  });
}

/**
 * A rule may ask for a guard that a later file has no more. What it allows is then allowed to nobody:
 * a demand that nothing answers must not be one that is met.
 */
function missingGuard(
  { guards: demanded, principal: { tenant } }: Grant,
  rules: Gateway['guards'],
): Denial | null {
  const isMissing = (name: string): boolean =>
    !rules.some((rule) => rule.name === name && (rule.tenants?.includes(tenant) ?? true));
  const guard = demanded.find(isMissing);
  return guard === undefined ? null : { reason: 'guard-unavailable', guard };
}

const subjectOf = ({
  principal,
  alias,
  role,
  parentRoles,
  guards,
}: Grant): Omit<Caller, 'cancellation'> => ({
  tenant: principal.tenant,
  owner: ownerOf(principal),
  model: alias.name,
  role,
  parentRoles,
  demanded: guards,
});

function inspectCall(
  call: Call,
  subject: Caller,
  scene: Scene,
): MaybePromise<Result<ClearedCall, Denial>> {
  const { record } = scene;
  const run = requestGuards(subject, scene);
  return andThen(inspect(call, run, record.evidence), (cleared) => {
    // What only watches delays nobody: the record waits for it, and the call does not.
    record.watching = run.settled();
    // A guard that was asked for somebody who has left is not a guard that failed.
    const { reason } = subject.cancellation;
    if (reason !== null) throw reason;
    return cleared;
  });
}

type Caller = Omit<GuardSubject, 'direction' | 'answers'>;

function requestGuards(caller: Caller, { gateway, record }: Scene): GuardRun {
  const { guards } = gateway;
  if (guards.length === 0) return GuardRun.idle;
  const { principal } = record;
  // Made for callers of a gateway that uses them, and empty until a guard finds something.
  if (principal !== null && guards.some(isReversible)) {
    record.pseudonyms = new Pseudonyms(gateway.pseudonymKey(principal));
  }
  return new GuardRun(guards, { ...caller, direction: 'request' }, portsOf(record, gateway));
}

function replyGuards(
  caller: Caller,
  limits: ToolLimits,
  call: Call,
  { gateway, record }: Scene,
): GuardRun {
  const { guards } = gateway;
  if (guards.length === 0 && !limitsTools(limits)) return GuardRun.idle;
  const { tools, deniedTools } = limits;
  const answers = { call, tools, deniedTools };
  const subject = { ...caller, direction: 'reply', answers } as const;
  return new GuardRun(guards, subject, portsOf(record, gateway));
}

const portsOf = (
  { evidence, pseudonyms }: CallRecord,
  { clock, approvals }: Gateway,
): GuardPorts => ({
  evidence,
  pseudonyms,
  approvals,
  monotonicMs: () => clock.monotonicMs(),
});

const relayInput = (
  reply: UpstreamReply,
  call: Call,
  run: GuardRun,
  { record, gateway }: Scene,
): RelayInput => ({
  call,
  reply,
  run,
  evidence: record.evidence,
  requestId: record.inbound.requestId,
  model: record.grant?.alias.name ?? call.model,
  inputTokens: record.inputTokens,
  births: watchBirths(record, reply, gateway),
});

async function relayStream(
  relay: StreamRelay,
  record: CallRecord,
  upstream: UpstreamReply,
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
