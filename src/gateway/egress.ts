/**
 * Sends a cleared call to one of its granted deployments. It asks for every proof there is, so a
 * call that skipped a check cannot leave.
 *
 * Retries and fallback happen before the first byte of an answer and never after it: a second
 * answer cannot be appended to half of a first one. Each attempt is recorded.
 */
import type { Call, DialectName } from '#domain/call.ts';
import type { CallClass } from '#domain/call-class.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment } from '#domain/deployment.ts';
import { Fault, faultCodeOf, type FaultCode } from '#domain/fault.ts';
import type { KeptSecret } from '#domain/secret.ts';
import type { Admitted, ClearedCall, Grant, Reservation } from '#domain/proofs.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import {
  FALLS_BACK,
  NOT_OF_PROVIDER,
  OF_OVERLOAD,
  OF_SECRET,
  RETRYABLE,
} from './attempt-faults.ts';
import type { Attempt, Lost } from './attempt.ts';
import { begin, type Leaving, type Refusal, refusedByBreaker, soonerOf } from './attempt-start.ts';
import type { QueueRefusal, ShedReason } from './overload/claim.ts';
import { Slot } from './overload/gate.ts';
import type { Upstream, Upstreams } from './upstreams.ts';
import { backoffMs } from './retry-budget.ts';
import { errorFault, retryAfterOf } from './upstream-error.ts';
import type { UpstreamBody } from './upstream-body.ts';
import type { UpstreamHead } from './provider-port.ts';

export interface UpstreamReply {
  readonly deployment: Deployment;
  /** The dialect that the answer is written in: the call's own, or another to translate from. */
  readonly dialect: DialectName;
  readonly body: UpstreamBody;
  /** What the answer's own end says of the deployment's health. */
  readonly finished: (fault: FaultCode | null) => void;
}

export interface Proofs {
  readonly grant: Grant;
  readonly admitted: Admitted;
  readonly cleared: ClearedCall;
  readonly reservation: Reservation;
}

export interface EgressPorts {
  readonly upstreams: Upstreams;
  readonly clock: Clock;
  readonly random: () => number;
  readonly delay: (ms: number, cancellation: Cancellation) => Promise<void>;
  readonly shed: (reason: ShedReason, callClass: CallClass) => void;
}

/** Tries at one deployment: the first, and one more where the budget pays for it. */
const TRIES_MAX = 2;
/** A longer wait than this is the caller's to make: it is told, and the slot is free meanwhile. */
const RETRY_AFTER_MS_MAX = 2_000;

export class Egress {
  readonly #ports: EgressPorts;

  constructor(ports: EgressPorts) {
    this.#ports = ports;
  }

  /**
   * `attempts` is filled as they happen, so that the record has them whatever is thrown. A call waits
   * for a place at one deployment only: what it waits is bounded, however many it was granted.
   */
  async send(
    { grant, cleared }: Proofs,
    leaving: Leaving,
    attempts: Attempt[],
  ): Promise<Result<UpstreamReply, Denial>> {
    const { claim } = leaving;
    const left = [...grant.deployments];
    let last: Fault | null = null;
    let limited: Denial | null = null;
    let shed: QueueRefusal | null = null;
    while (left.length > 0 && shed !== 'late') {
      const upstream = this.#takeOne(left);
      // Before the breaker: who holds its probe must not be stopped by anything but the provider.
      const own = upstream.ownSecret(grant.principal.tenant);
      const passing = this.#pass(upstream, leaving);
      const passed = passing instanceof Promise ? await passing : passing;
      if (typeof passed === 'string') shed = passed;
      else if (passed instanceof Fault) last = passed;
      else if (!(passed instanceof Slot)) limited = soonerOf(limited, passed);
      else {
        const { call } = cleared;
        const sending = { call, upstream, own, leaving, attempts };
        const answer = await this.#tryDeployment(sending, passed);
        if (!(answer instanceof Fault)) return ok(answer);
        last = answer;
      }
    }
    // Were it not for the limit, its provider would have been asked.
    if (limited !== null) return err(limited);
    if (last === null && shed !== null) {
      this.#ports.shed(shed, claim.callClass);
      return err({ reason: 'gateway-overloaded', because: shed });
    }
    throw last ?? new Fault('provider-overloaded', 'no deployment takes calls now');
  }

  /** By weight among those that have room; among all where none has. */
  #takeOne(left: Deployment[]): Upstream {
    const { upstreams, random } = this.#ports;
    if (left.length === 1) return upstreams.of(takeOne(left, random));
    const roomy = left.filter((deployment) => upstreams.of(deployment).gate.hasRoom);
    if (roomy.length === 0) return upstreams.of(takeOne(left, random));
    const taken = takeOne(roomy, random);
    left.splice(left.indexOf(taken), 1);
    return upstreams.of(taken);
  }

  /** A place to send it; why there is none; or what callers are told while the breaker is open. */
  #pass(upstream: Upstream, leaving: Leaving): MaybePromise<Slot | Refusal> {
    const { breaker, gate } = upstream;
    // Nobody waits for a place at a deployment that is not called at all.
    if (breaker.state === 'open') return refusedByBreaker(breaker);
    return andThen(gate.enter(leaving.claim, leaving.cancellation), (entered) =>
      typeof entered === 'string' ? entered : begin(upstream, entered, leaving),
    );
  }

  /** A fault that another deployment may not have is returned; any other is thrown. */
  async #tryDeployment(sending: Sending, first: Slot): Promise<UpstreamReply | Fault> {
    const { upstream, leaving } = sending;
    upstream.budget.called();
    let slot = first;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#attempt(sending, slot);
      } catch (thrown) {
        const fault = thrown instanceof Fault ? thrown : null;
        if (fault === null || !this.#mayRetry(fault, tries, upstream)) return fallingBack(thrown);
        const waitMs = fault.retryAfterMs ?? backoffMs(tries, this.#ports.random);
        await this.#ports.delay(waitMs, leaving.cancellation);
        // While it waited its place was another's. A retry does not queue: it has had its turn.
        const free = upstream.gate.tryEnter(slot.claim);
        const next = free === null ? null : await begin(upstream, free, leaving);
        if (!(next instanceof Slot)) return fallingBack(thrown);
        slot = next;
      }
    }
  }

  #mayRetry(fault: Fault, tries: number, { breaker, budget }: Upstream): boolean {
    if (tries >= TRIES_MAX || !RETRYABLE.has(fault.code)) return false;
    if ((fault.retryAfterMs ?? 0) > RETRY_AFTER_MS_MAX) return false;
    return breaker.state !== 'open' && budget.tryTake();
  }

  async #attempt(sending: Sending, slot: Slot): Promise<UpstreamReply> {
    const { call, upstream, own, attempts } = sending;
    const { cancellation, holds, losses, claim, trace } = sending.leaving;
    const { clock } = this.#ports;
    const { deployment, breaker, gate } = upstream;
    const startMs = clock.monotonicMs();
    const span = trace === null ? null : trace.attempt(deployment, claim.tenant);
    let status: number | null = null;
    let fault: FaultCode | null = null;
    let lost: Lost | null = null;
    try {
      const head = await upstream.send(call, cancellation, own, span?.headers);
      ({ status } = head);
      if (status < 200 || status > 299) {
        throw await errorFault(head, upstream.faultOf(status), retryAfterOf(head, clock));
      }
      checkContentType(head, call.isStreamed);
      // A provider that fails before its first byte has not answered: another may.
      if (!head.body.isReady) await head.body.ready();
      gate.answered(call.isStreamed, startMs);
      if (call.isStreamed) breaker.answered();
      head.body.holds(slot);
      return replyOf(call, upstream, head.body);
    } catch (thrown) {
      slot.leave();
      fault = faultCodeOf(thrown);
      if (thrown instanceof Fault && thrown.isUnsent) holds?.unmade();
      else {
        holds?.failed(fault);
        lost = losses.lost(deployment, fault);
      }
      const isOfSecret = own !== null && OF_SECRET.has(fault);
      if (OF_OVERLOAD.has(fault) && !isOfSecret) gate.overloaded(startMs);
      if (isOfSecret || NOT_OF_PROVIDER.has(fault)) breaker.abandoned();
      else if (fault === 'provider-refused-call') breaker.succeeded();
      else breaker.failed(fault);
      throw thrown;
    } finally {
      const ms = Math.round(clock.monotonicMs() - startMs);
      const spanId = span?.spanId ?? null;
      attempts.push({ deployment, status, fault, ms, startMs, spanId, lost });
    }
  }
}

function fallingBack(thrown: unknown): Fault {
  if (thrown instanceof Fault && FALLS_BACK.has(thrown.code)) return thrown;
  throw thrown;
}

interface Sending {
  readonly call: Call;
  readonly upstream: Upstream;
  readonly own: KeptSecret | null;
  readonly leaving: Leaving;
  readonly attempts: Attempt[];
}

const replyOf = (call: Call, upstream: Upstream, body: UpstreamBody): UpstreamReply => ({
  deployment: upstream.deployment,
  dialect: upstream.dialectFor(call),
  body,
  finished: (fault) => {
    if (fault === null) upstream.breaker.succeeded();
    else if (fault.startsWith('provider-')) upstream.breaker.failed(fault);
    else upstream.breaker.abandoned();
  },
});

/** Takes one out, by weight; a deployment of weight 0 is taken when no other is left. */
export function takeOne(left: Deployment[], random: () => number): Deployment {
  let chosen = 0;
  if (left.length > 1) {
    let at = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    chosen = left.findIndex(({ weight }) => (at -= weight) < 0);
  }
  const [taken] = left.splice(Math.max(0, chosen), 1);
  if (taken === undefined) throw new Fault('internal', 'a grant without deployments');
  return taken;
}

function checkContentType({ headers, body }: UpstreamHead, isStreamed: boolean): void {
  const value = headers['content-type'];
  const type = (typeof value === 'string' ? value : '').toLowerCase();
  const wanted = isStreamed ? 'text/event-stream' : 'application/json';
  if (type.startsWith(wanted)) return;
  body.cancel();
  throw new Fault('provider-reply-invalid', `an answer that is not ${wanted}`);
}
