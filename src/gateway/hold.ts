/** What a call holds before it is made: its turn, where it has to wait for one, then every limit and budget. */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { ClearedCall, Grant, Reservation } from '#domain/proofs.ts';
import type { Principal } from '#domain/principal.ts';
import { costCeiling } from '#metering/ceiling.ts';
import { BOUNDED_OUTPUT_TOKENS, outputTokensMax } from '#metering/estimate.ts';
import type { Demand, Pacer, Subject } from '#policy/limiters/limiter.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { CallSubject } from './call-subject.ts';
import { tellHoldRaised } from './hold-raised.ts';
import type { Gateway, Inbound } from './ports.ts';
import type { Scene } from './scene.ts';

export interface Held {
  readonly reservation: Reservation;
  /** As it was asked for, or with its answer bounded to what is held for it. */
  readonly call: Call;
}

type Holding = MaybePromise<Result<Held, Denial>>;

/** One call that asks to be let through. */
interface Asking {
  readonly grant: Grant;
  readonly scene: Scene;
  readonly subject: Subject;
  /** Wall time: the periods of budgets that it counts in, however long it takes. */
  readonly atMs: number;
}

/** An answer that is bounded to less than this would help nobody. */
const CLAMPED_TOKENS_MIN = 16;

/** Every limit and budget in one all-or-nothing step, after its turn has come. */
export function hold(call: Call, grant: Grant, scene: Scene): Holding {
  const { gateway, record, request } = scene;
  const { principal } = grant;
  const subject = new CallSubject(record.inbound, { principal, request }, { call, grant });
  const turn = paced(gateway.pacers, subject, record.inbound.cancellation);
  return andThen(turn, (denial): Holding => {
    if (denial !== null) return err(denial);
    return holdAll(call, { grant, scene, subject, atMs: gateway.clock.nowMs() });
  });
}

/** Of what is no call: it counts as a request and uses no tokens. */
export function holdRequest(
  inbound: Inbound,
  principal: Principal,
  { limiters, limitStore, clock }: Gateway,
): MaybePromise<Result<Reservation, Denial>> {
  const request = { ip: inbound.ip, route: inbound.route.name, clock };
  const subject = new CallSubject(inbound, { principal, request }, null);
  const amounts = { requests: 1, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };
  const atMs = clock.nowMs();
  const demands: Demand[] = [];
  for (const limiter of limiters) limiter.plan(subject, amounts, demands, atMs);
  const counted = demands.filter(({ quota }) => quota.unit === 'requests');
  return limitStore.reserve(inbound.requestId, counted, atMs);
}

/**
 * Holds more for a text that guards have made longer; a denial where there is no more. Money more is told
 * to the log before the call leaves: rejects where that takes no record.
 */
export function topUp(
  { call, isEdited }: ClearedCall,
  { deployments }: Grant,
  { record, gateway: { audit } }: Scene,
): MaybePromise<Denial | null> {
  const { reservation, held } = record;
  if (!isEdited || reservation === null) return null;
  const bodyBytes = Buffer.byteLength(JSON.stringify(call.content.body));
  if (bodyBytes <= record.bodyBytes) return null;
  const bounds = { bodyBytes, outputTokens: outputTokensMax(call) };
  const ceiling = held.nanoUsd === 0 ? 0 : (costCeiling(call, bounds, deployments) ?? held.nanoUsd);
  // Marks are short words: a byte more is at most a token more.
  const inputTokens = held.inputTokens + bodyBytes - record.bodyBytes;
  const grown = {
    ...held,
    inputTokens,
    bytes: bodyBytes,
    nanoUsd: Math.max(held.nanoUsd, ceiling),
  };
  record.grew(grown, bodyBytes);
  return andThen(reservation.raise(grown), (denial) =>
    denial === null && grown.nanoUsd > held.nanoUsd ? tellHoldRaised(record, 0, audit) : denial,
  );
}

/** One after the other: whoever waits for its second turn has had its first. */
function paced(
  pacers: readonly Pacer[],
  subject: Subject,
  cancellation: Cancellation,
): MaybePromise<Denial | null> {
  const [pacer, ...rest] = pacers;
  if (pacer === undefined) return null;
  return andThen(pacer.pace(subject, cancellation), (denial) =>
    denial === null ? paced(rest, subject, cancellation) : denial,
  );
}

function holdAll(call: Call, asking: Asking): Holding {
  const demands = plan(call, 0, asking);
  const later = planAttempts(call, asking);
  const counted = [...demands, ...later];
  if (!counted.some(isMoney)) {
    asking.scene.record.unheld(ceilingOf(call, outputTokensMax(call), asking) ?? 0);
    return reserve(call, demands, asking);
  }
  // What has no bound cannot be paid for in advance: the answer gets one.
  const bounded = call.maxOutputTokens === null ? bound(call, boundOf(asking.grant), asking) : call;
  const ceiling = ceilingOf(bounded, outputTokensMax(bounded), asking);
  const unbounded = ceiling === null ? counted.find(isHard) : undefined;
  if (unbounded !== undefined) {
    return err({ reason: 'price-unknown', limit: unbounded.quota.limit });
  }
  const priced = plan(bounded, ceiling ?? 0, asking);
  return andThen(reserve(bounded, priced, asking), (answer) =>
    answer.ok
      ? answer
      : clamp(bounded, { denial: answer.error, demands: priced, turns: priced.length }, asking),
  );
}

/** No more than any of its models can say: providers refuse a bound above their own. */
const boundOf = ({ deployments }: Grant): number =>
  deployments.reduce(
    (least, { caps }) => Math.min(least, caps.outputTokensMax ?? least),
    BOUNDED_OUTPUT_TOKENS,
  );

const isMoney = ({ quota }: Demand): boolean => quota.unit === 'nano-usd';
const isHard = ({ quota }: Demand): boolean =>
  quota.unit === 'nano-usd' && (quota.algorithm !== 'budget' || quota.isHard);

function plan(call: Call, nanoUsd: number, asking: Asking): Demand[] {
  const { scene, subject, atMs } = asking;
  const { record, gateway } = scene;
  const amounts = record.amountsOf(call, nanoUsd, likely(call, nanoUsd, asking));
  const demands: Demand[] = [];
  for (const limiter of gateway.limiters) limiter.plan(subject, amounts, demands, atMs);
  return demands;
}

/** What is asked for an attempt, at any of its providers: money that is counted then is bounded now. */
function planAttempts(call: Call, { grant, scene, atMs }: Asking): Demand[] {
  const { gateway, record, request } = scene;
  const demands: Demand[] = [];
  if (gateway.attemptLimiters.length === 0) return demands;
  const { principal, deployments } = grant;
  for (const provider of new Set(deployments.map((deployment) => deployment.provider))) {
    const asked = { call, grant, provider };
    const subject = new CallSubject(record.inbound, { principal, request }, asked);
    for (const limiter of gateway.attemptLimiters) {
      limiter.plan(subject, record.held, demands, atMs);
    }
  }
  return demands;
}

/** What such calls usually cost; the most that they can where too little is known. */
function likely(call: Call, most: number, { grant, scene }: Asking): number {
  if (most === 0) return 0;
  const tokens = scene.gateway.expectations.outputTokens(grant.principal.tenant, grant.alias.name);
  if (tokens === null) return most;
  const outputTokens = Math.min(tokens * call.choices, outputTokensMax(call));
  const bodyBytes = Math.min(scene.record.bodyBytes, scene.record.inputTokens * 2);
  return Math.min(most, costCeiling(call, { bodyBytes, outputTokens }, grant.deployments) ?? most);
}

function reserve(call: Call, demands: readonly Demand[], { scene, atMs }: Asking): Holding {
  const { gateway, record } = scene;
  const asked = gateway.limitStore.reserve(record.inbound.requestId, demands, atMs);
  return andThen(asked, (answer) => (answer.ok ? ok({ reservation: answer.value, call }) : answer));
}

interface Refused {
  readonly denial: Denial;
  readonly demands: readonly Demand[];
  readonly turns: number;
}

/**
 * A smaller answer that fits what is left, where the budget says so. Of budgets that lie in each other
 * each may leave less than the one that was asked before it; every turn bounds the answer to less, and
 * there are as many `turns` as counters, whatever others take meanwhile.
 */
function clamp(call: Call, { denial, demands, turns }: Refused, asking: Asking): Holding {
  if (denial.reason !== 'budget-exhausted' || denial.state === null || turns === 0) {
    return err(denial);
  }
  const { limit, state } = denial;
  const clamps = demands.some(
    ({ quota }) => quota.algorithm === 'budget' && quota.limit === limit && quota.clamps,
  );
  if (!clamps || call.action !== 'chat') return err(denial);
  const tokens = Math.floor(affordable(call, state.remaining, asking) / call.choices);
  if (tokens < CLAMPED_TOKENS_MIN || tokens >= (call.maxOutputTokens ?? Infinity)) {
    return err(denial);
  }
  const smaller = bound(call, tokens, asking);
  const ceiling = ceilingOf(smaller, outputTokensMax(smaller), asking);
  if (ceiling === null) return err(denial);
  const planned = plan(smaller, ceiling, asking);
  return andThen(reserve(smaller, planned, asking), (answer) =>
    answer.ok
      ? answer
      : clamp(smaller, { denial: answer.error, demands: planned, turns: turns - 1 }, asking),
  );
}

/** The most tokens of all answers together whose ceiling is within `nanoUsd`. */
function affordable(call: Call, nanoUsd: number, asking: Asking): number {
  let [fits, tooMany] = [0, outputTokensMax(call)];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    const ceiling = ceilingOf(call, middle, asking);
    if (ceiling !== null && ceiling <= nanoUsd) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

const ceilingOf = (call: Call, outputTokens: number, { grant, scene }: Asking): number | null =>
  costCeiling(call, { bodyBytes: scene.record.bodyBytes, outputTokens }, grant.deployments);

/** The same call, whose answer may not be longer. The body that is sent on says so. */
function bound(call: Call, tokens: number, { scene }: Asking): Call {
  if (call.action !== 'chat') return call;
  scene.gateway.dialects[call.dialect].boundOutput(call.content.body, tokens);
  const bounded = { ...call, maxOutputTokens: tokens };
  scene.record.bounded(bounded);
  return bounded;
}
