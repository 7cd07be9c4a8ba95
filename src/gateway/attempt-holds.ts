/**
 * What one attempt at a provider holds. Limits that count by provider are asked when a deployment was
 * chosen and before the attempt is sent: all of them give, or none does. An attempt that fails ends its
 * hold before the next one begins; that of the answer ends with its call. One is open at a time.
 */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment } from '#domain/deployment.ts';
import type { FaultCode } from '#domain/fault.ts';
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type { Grant, Reservation } from '#domain/proofs.ts';
import { costCeiling } from '#metering/ceiling.ts';
import { outputTokensMax } from '#metering/estimate.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { assert } from '#stdx/assert.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { AttemptHolds } from './attempt.ts';
import { CUT, UNSENT } from './attempt-faults.ts';
import { CallSubject } from './call-subject.ts';
import type { Scene } from './scene.ts';

/** Nothing of it has left: it counts as nothing, not even as a request. */
const NOTHING: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };

class HoldsByAttempt implements AttemptHolds {
  readonly #call: Call;
  readonly #grant: Grant;
  readonly #scene: Scene;
  #held: Reservation | null = null;
  /** What the open one holds in money; the dearest deployment of the grant may cost more. */
  #heldNanoUsd = 0;
  #count = 0;

  constructor(call: Call, grant: Grant, scene: Scene) {
    this.#call = call;
    this.#grant = grant;
    this.#scene = scene;
  }

  get remaining(): readonly LimitState[] {
    return this.#held?.remaining ?? [];
  }

  take(deployment: Deployment): MaybePromise<Denial | null> {
    assert(this.#held?.isOpen !== true, 'an attempt begins when the one before it has ended');
    this.#held = null;
    const { gateway, record } = this.#scene;
    const atMs = gateway.clock.nowMs();
    const demands = this.#plan(deployment, atMs);
    if (demands.length === 0) return null;
    this.#count += 1;
    // The call's own reservation has the id of the request: each attempt has one of its own.
    const id = `${record.inbound.requestId}~${this.#count}`;
    return andThen(gateway.limitStore.reserve(id, demands, atMs), (answer) => {
      if (!answer.ok) return answer.error;
      this.#held = answer.value;
      return null;
    });
  }

  unmade(): void {
    this.#held?.settle(NOTHING);
  }

  failed(fault: FaultCode): void {
    if (UNSENT.has(fault)) this.unmade();
    else if (CUT.has(fault)) this.#held?.settle(this.#readAmounts());
    else this.#held?.release();
  }

  settle(used: Amounts): void {
    this.#held?.settle(used);
  }

  release(): void {
    this.#held?.release();
  }

  #plan(deployment: Deployment, atMs: number): Demand[] {
    const { gateway, record, request } = this.#scene;
    const [call, grant, { held }] = [this.#call, this.#grant, record];
    const { provider } = deployment;
    const asking = { principal: grant.principal, request };
    const subject = new CallSubject(record.inbound, asking, { call, grant, provider });
    const bounds = { bodyBytes: record.bodyBytes, outputTokens: outputTokensMax(call) };
    this.#heldNanoUsd = held.nanoUsd;
    if (held.nanoUsd > 0) {
      const own = costCeiling(call, bounds, [deployment]);
      this.#heldNanoUsd = Math.min(held.nanoUsd, own ?? held.nanoUsd);
    }
    const demands: Demand[] = [];
    const amounts = { ...held, nanoUsd: this.#heldNanoUsd };
    for (const limiter of gateway.attemptLimiters) limiter.plan(subject, amounts, demands, atMs);
    return demands;
  }

  /** The provider has read it, and what it has answered nobody knows: as the call itself is charged. */
  #readAmounts(): Amounts {
    const { held } = this.#scene.record;
    const outputTokens = held.nanoUsd > 0 ? held.outputTokens : 0;
    return { ...held, outputTokens, nanoUsd: this.#heldNanoUsd };
  }
}

/** Null: no limit counts by provider. */
export const attemptHolds = (call: Call, grant: Grant, scene: Scene): AttemptHolds | null =>
  scene.gateway.attemptLimiters.length === 0 ? null : new HoldsByAttempt(call, grant, scene);
