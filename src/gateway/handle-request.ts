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
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { GuardRun } from '#policy/guards/guard-run.ts';
import { grant, mayAct } from '#policy/access/decide.ts';
import { holderOf } from '#domain/principal.ts';
import type { Grant } from '#domain/proofs.ts';
import { outputTokensMax } from '#metering/estimate.ts';

import { type Answer, answerRead } from './answer-read.ts';
import { answerRun } from './answer-run.ts';
import { attemptHolds } from './attempt-holds.ts';
import type { Leaving } from './attempt-start.ts';
import { inspectCall, missingGuard, replyGuards, subjectOf } from './call-guards.ts';
import { CallRecord } from './call-record.ts';
import { conclude } from './conclude.ts';
import { ContentTap } from './content-tap.ts';
import { countLocally } from './count-locally.ts';
import type { UpstreamReply } from './egress.ts';
import { watchBirths } from './held-state.ts';
import { hold, topUp } from './hold.ts';
import type { Claim } from './overload/claim.ts';
import type { Gateway, Inbound, Outlet } from './ports.ts';
import { answerHeaders } from './last-byte.ts';
import { LostAttempts } from './lost-attempts.ts';
import { type RelayInput, relayWhole } from './relay-whole.ts';
import { StreamRelay } from './relay-stream.ts';
import { RunningCall } from './running-calls.ts';
import { type Scene, sceneOf } from './scene.ts';
import { SpendWatch } from './spend-watch.ts';
import { admit, authenticate, parseBody } from './stages.ts';
import { traced } from './tracing/call-trace.ts';
import { thinkerOf } from './unseen-thinking.ts';

export async function handleRequest(
  inbound: Inbound,
  outlet: Outlet,
  gateway: Gateway,
): Promise<void> {
  const record = new CallRecord(inbound);
  const { tracer, clock } = gateway;
  const { requestId, rawHeaders, startMs } = inbound;
  if (tracer !== null) record.trace = tracer.begin(requestId, rawHeaders, startMs);
  let answer: Answer;
  let running: RunningCall | null = null;
  try {
    const proven = authenticate(inbound, gateway);
    const caller = proven instanceof Promise ? await proven : proven;
    record.trace?.stepped('authenticate', startMs, clock.monotonicMs());
    if (caller.ok) {
      const { principal } = caller.value;
      record.principal = principal;
      const { keyId } = holderOf(principal);
      if (keyId !== null) gateway.keyUses.used(keyId);
      running = new RunningCall(principal, inbound.cancellation, inbound.heldBytes);
      gateway.running.add(running);
      // Who was revoked while a proof took its time was not among the running calls that were ended.
      const isOver = proven instanceof Promise && (await gateway.isOver(principal));
      answer = isOver
        ? denied({ reason: 'credential-rejected', because: 'revoked' })
        : await answerCaller(inbound, outlet, sceneOf(caller.value, record, gateway));
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

/** What the header says counts before what the body says: the application's servers write it. */
const named = (call: Call, { endUser }: Scene): Call =>
  endUser === null ? call : { ...call, endUser };

const denied = (denial: Denial): Answer => ({ kind: 'denied', denial });

function answerCaller(inbound: Inbound, outlet: Outlet, scene: Scene): MaybePromise<Answer> {
  const { permission, serves } = inbound.route;
  if (permission === 'own-runs') return answerRun(inbound, scene);
  if (permission !== 'own-decisions' && permission !== 'none') {
    const forbidden = mayAct(scene.principal, permission, scene.request, scene.gateway.access);
    if (forbidden !== null) return denied(forbidden);
  }
  return serves === 'call'
    ? answerInside(inbound, outlet, scene)
    : answerRead(inbound, scene.principal, scene);
}

/** Through the door first: who has to wait, or cannot be taken, has sent no byte of a body yet. */
async function answerInside(inbound: Inbound, outlet: Outlet, scene: Scene): Promise<Answer> {
  const entering = scene.gateway.door.enter(inbound, scene.principal);
  const entered = entering instanceof Promise ? await entering : entering;
  if (!entered.ok) return denied(entered.error);
  try {
    return await answerCall(inbound, outlet, scene, entered.value.claim);
  } finally {
    entered.value.leave();
  }
}

async function answerCall(
  inbound: Inbound,
  outlet: Outlet,
  scene: Scene,
  claim: Claim,
): Promise<Answer> {
  const { gateway, record } = scene;
  const bytes = await inbound.readBody();
  if (!bytes.ok) return denied(bytes.error);
  const parsed = parseCall(bytes.value, inbound, scene);
  if (!parsed.ok) return denied(parsed.error);
  const asked = named(parsed.value, scene);
  record.estimate(asked, bytes.value.length);

  const pending = grantCall(asked, scene);
  const granted = pending instanceof Promise ? await pending : pending;
  if (!granted.ok) return denied(granted.error);
  record.grant = granted.value;

  const holding = traced(record.trace, 'limits', gateway, () => hold(asked, granted.value, scene));
  const held = holding instanceof Promise ? await holding : holding;
  if (!held.ok) return denied(held.error);
  const { call, reservation } = held.value;
  record.reservation = reservation;

  const admitted = await admit(record, granted.value, call, gateway);
  if (!admitted.ok) return denied(admitted.error);
  record.isAdmitted = true;

  record.tap = tapOf(call, gateway);
  const subject = { ...subjectOf(granted.value), cancellation: inbound.cancellation };
  const inspecting = traced(record.trace, 'guards', gateway, () =>
    inspectCall(call, subject, scene),
  );
  const cleared = inspecting instanceof Promise ? await inspecting : inspecting;
  if (!cleared.ok) return denied(cleared.error);
  record.tap?.cleared(cleared.value.call);
  const topping = topUp(cleared.value, granted.value, scene);
  const short = topping instanceof Promise ? await topping : topping;
  if (short !== null) return denied(short);

  const local = countLocally(call, granted.value, gateway);
  if (local !== null) return local;

  const proofs = {
    grant: granted.value,
    admitted: admitted.value,
    cleared: cleared.value,
    reservation,
  };
  record.sentMs = gateway.clock.monotonicMs();
  try {
    const leaving = leavingOf(call, granted.value, claim, scene);
    const sent = await gateway.egress.send(proofs, leaving, record.attempts);
    if (!sent.ok) return denied(sent.error);
    const reply = sent.value;
    const input = relayInput(reply, call, replyGuards(subject, granted.value, call, scene), scene);
    if (!call.isStreamed) {
      return { kind: 'whole', reply: await relayWhole(input, gateway), upstream: reply };
    }
    outlet.prepareStream([...STREAM_HEADERS, ...answerHeaders(record, gateway)]);
    return await relayStream(new StreamRelay(input, gateway, outlet), record, reply);
  } finally {
    record.upstreamMs = gateway.clock.monotonicMs() - record.sentMs;
  }
}

function leavingOf(call: Call, grant: Grant, claim: Claim, scene: Scene): Leaving {
  const { record, gateway } = scene;
  record.attemptHolds = attemptHolds(call, grant, scene);
  const losses = new LostAttempts(call, record, gateway.audit);
  record.losses = losses;
  const { cancellation } = record.inbound;
  return { claim, cancellation, holds: record.attemptHolds, losses, trace: record.trace };
}

/** Null: nothing of what is said is kept. */
function tapOf(call: Call, { content }: Gateway): ContentTap | null {
  if (content === null) return null;
  const tap = new ContentTap(content.level);
  tap.asked(call);
  return tap;
}

/** JSON once, and then the dialect's own reading of it. */
function parseCall(
  bytes: Buffer,
  { route: { permission, dialect } }: Inbound,
  { gateway }: Scene,
): Result<Call, Denial> {
  const body = parseBody(bytes);
  if (!body.ok) return body;
  const isOther = permission === 'embeddings' || permission === 'count-tokens';
  return gateway.dialects[dialect].parse(body.value, isOther ? permission : 'chat');
}

function grantCall(
  call: Call,
  { gateway, request, principal }: Scene,
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
  tap: record.tap,
  trace: record.trace,
  thinker: thinkerOf(call, record),
  spend: spendWatch(record, reply),
  told: (usage) => {
    record.usage = usage;
  },
});

/** Null where no money is held for the answer. */
function spendWatch(record: CallRecord, { deployment }: UpstreamReply): SpendWatch | null {
  const { reservation, held, call, losses } = record;
  if (reservation === null || held.nanoUsd === 0 || call?.isStreamed !== true) return null;
  return new SpendWatch({
    reservation,
    price: deployment.price,
    outputTokensMax: call.maxOutputTokens === null ? null : outputTokensMax(call),
    most: held,
    heldNanoUsd: held.likelyNanoUsd ?? held.nanoUsd,
    lostNanoUsd: losses?.heldNanoUsd ?? 0,
  });
}

async function relayStream(
  relay: StreamRelay,
  record: CallRecord,
  upstream: UpstreamReply,
): Promise<Answer> {
  try {
    return { kind: 'stream', end: await relay.run(), upstream };
  } catch (thrown) {
    // What was produced is billed, whatever broke.
    record.usage = relay.usageWhenCut;
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
