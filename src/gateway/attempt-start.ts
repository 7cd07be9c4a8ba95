/** From a place in a deployment's gate to an attempt that is sent, or why it is not made. */
import type { Denial } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { AttemptHolds, Losses } from './attempt.ts';
import type { Breaker } from './breaker.ts';
import type { Claim, QueueRefusal } from './overload/claim.ts';
import type { Slot } from './overload/gate.ts';
import type { CallTrace } from './tracing/call-trace.ts';
import type { Upstream } from './upstreams.ts';

/** Whose call leaves, and until when. */
export interface Leaving {
  readonly claim: Claim;
  readonly cancellation: Cancellation;
  /** Null: no limit counts by provider. */
  readonly holds: AttemptHolds | null;
  readonly losses: Losses;
  /** Null: nobody traces calls. */
  readonly trace: CallTrace | null;
}

/** Why an attempt is not made: its queue, a fault that the breaker remembers, or a limit by provider. */
export type Refusal = QueueRefusal | Fault | Denial;

/**
 * From a place to an attempt: money for those before it that were lost, what limits by provider hold for
 * it, then the breaker's word. In this order, as who has the breaker's probe must not be stopped by
 * anything but the provider. Whoever is refused has left the place and holds nothing for it.
 */
export function begin(
  upstream: Upstream,
  slot: Slot,
  leaving: Leaving,
): MaybePromise<Slot | Refusal> {
  const covering = leaving.losses.cover();
  return covering === null
    ? beginPaid(upstream, slot, leaving)
    : paid(covering, upstream, { slot, leaving });
}

async function paid(
  covering: MaybePromise<Denial | null>,
  upstream: Upstream,
  { slot, leaving }: { readonly slot: Slot; readonly leaving: Leaving },
): Promise<Slot | Refusal> {
  let denial: Denial | null;
  try {
    denial = await covering;
    const { reason } = leaving.cancellation;
    if (reason !== null) throw reason;
  } catch (thrown) {
    slot.leave();
    throw thrown;
  }
  if (denial === null) return await beginPaid(upstream, slot, leaving);
  slot.leave();
  return denial;
}

function beginPaid(upstream: Upstream, slot: Slot, leaving: Leaving): MaybePromise<Slot | Refusal> {
  const { holds } = leaving;
  return holds === null
    ? probed(upstream, slot, null)
    : held(upstream, slot, { ...leaving, holds });
}

async function held(
  upstream: Upstream,
  slot: Slot,
  { holds, cancellation }: Leaving & { readonly holds: AttemptHolds },
): Promise<Slot | Refusal> {
  let denial: Denial | null;
  try {
    denial = await holds.take(upstream.deployment);
    if (cancellation.reason !== null) {
      holds.unmade();
      throw cancellation.reason;
    }
  } catch (thrown) {
    slot.leave();
    throw thrown;
  }
  if (denial === null) return probed(upstream, slot, holds);
  slot.leave();
  return denial;
}

function probed({ breaker }: Upstream, slot: Slot, holds: AttemptHolds | null): Slot | Fault {
  if (breaker.tryPass()) return slot;
  slot.leave();
  holds?.unmade();
  return refusedByBreaker(breaker);
}

/** A 429 that opened the breaker is what callers are told until it closes. */
export function refusedByBreaker(breaker: Breaker): Fault {
  const code =
    breaker.lastFault === 'provider-limited' ? 'provider-limited' : 'provider-overloaded';
  const retryAfterMs = Math.max(1_000, breaker.retryAfterMs);
  return new Fault(code, 'the breaker of the deployment is open', { retryAfterMs });
}

/** Of two refusals the one that is over first: what can never fit is over last. */
export function soonerOf(one: Denial | null, two: Denial): Denial {
  return one !== null && waitMsOf(one) <= waitMsOf(two) ? one : two;
}

function waitMsOf(denial: Denial): number {
  if ('retryAfterMs' in denial) return denial.retryAfterMs;
  return denial.reason === 'limit-exceeded' ? Infinity : 1_000;
}
