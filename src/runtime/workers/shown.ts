/** What workers have told, as what their gateway shows of itself. */
import type { Waiting } from '#gateway/approvals.ts';
import type { BreakerState } from '#gateway/breaker.ts';
import type { Demand } from '#policy/limiters/limiter.ts';

import type { Member } from './member.ts';

/** The worst that a worker has seen of each deployment. */
export function worstBreakers(members: readonly Member[]): ReadonlyMap<string, BreakerState> {
  const worst = new Map<string, BreakerState>();
  for (const [deployment, seen] of members.flatMap(({ state }) => state?.breakers ?? [])) {
    if (worst.get(deployment) !== 'open') worst.set(deployment, seen);
  }
  return worst;
}

/** Demands of all calls that run in workers. */
export const heldBy = (members: readonly Member[]): readonly Demand[] =>
  members.flatMap(({ seat }) => seat.held());

export const inFlightOf = (members: readonly Member[]): number =>
  members.reduce((sum, { state }) => sum + (state?.inFlight ?? 0), 0);

/** Calls that wait for a person. */
export const waitingIn = (members: readonly Member[]): readonly Waiting[] =>
  members.flatMap(({ waiting }) => waiting);

/** False: no worker has it. It is not shown any more, before its worker has said so. */
export function decideIn(members: readonly Member[], id: string, isApproved: boolean): boolean {
  const asking = members.find(({ waiting }) => waiting.some((one) => one.id === id));
  if (asking === undefined) return false;
  asking.waiting = asking.waiting.filter((one) => one.id !== id);
  asking.channel.tell('decide', { id, isApproved });
  return true;
}
