/** What workers have told, as what their gateway shows of itself. */
import type { WorkerView } from '#admin/status-contract.ts';
import type { Waiting } from '#gateway/approvals.ts';
import type { BreakerState } from '#gateway/breaker.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import type { HeardState } from '#policy/limiters/shared/heard-states.ts';

import type { Member } from './member.ts';

/** Somebody waits for a page: a worker that is busy for longer is left out of it. */
const SHOWN_MS = 1_000;

/** Null: it has ended, and nobody has its place yet. */
export function stateOf(member: Member | null): WorkerView['state'] {
  if (member === null) return 'ended';
  return member.isReady ? 'ready' : 'starting';
}

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

/** The same where each of them asks a store by itself. */
export const heldElsewhere = async (members: readonly Member[]): Promise<readonly Demand[]> =>
  (await answersOf(members, ({ channel }) => channel.ask('held', null, SHOWN_MS))).flat();

/** What such a store has said to each of them. */
export const heardBy = (members: readonly Member[]): Promise<readonly (readonly HeardState[])[]> =>
  answersOf(members, ({ channel }) => channel.ask('heard', null, SHOWN_MS));

async function answersOf<T>(
  members: readonly Member[],
  ask: (member: Member) => Promise<T>,
): Promise<readonly T[]> {
  const asked = members.filter(({ isReady }) => isReady).map(ask);
  const settled = await Promise.allSettled(asked);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

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
