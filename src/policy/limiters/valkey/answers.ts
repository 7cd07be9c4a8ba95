/** What scripts answer, in our words. An answer of another shape is a fault of the store. */
import { Fault } from '#domain/fault.ts';
import type { LimitState } from '#domain/limit-state.ts';

import type { Closed, Crossing, Reserved } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';

const [HELD, REFUSED, UNSEEDED, REBUILDING] = [1, 2, 3, 4];
/** Of a settlement: the ledger has to have it first. */
const TELL_LEDGER = 2;

const strange = (): Fault => new Fault('storage-failed', 'a counter store gave a strange answer');

export function numbersOf(answer: unknown): readonly number[] {
  if (!Array.isArray(answer)) throw strange();
  return answer.map(Number);
}

export function reservedOf(answer: unknown, demands: readonly Demand[]): Reserved {
  if (!Array.isArray(answer)) throw strange();
  const [kind = 0, ...rest] = answer.map(Number);
  switch (kind) {
    case HELD: {
      if (rest.length !== demands.length * 2) throw strange();
      const states = demands.map((demand, index) =>
        stateOf(demand, rest[index * 2], rest[index * 2 + 1]),
      );
      return { kind: 'held', states };
    }
    case REFUSED:
      return refusedOf(rest, demands);
    case UNSEEDED: {
      const asked = rest.slice(1).map((index) => demandAt(demands, index));
      return { kind: 'unseeded', demands: asked, epoch: String(answer[1]) };
    }
    case REBUILDING:
      return { kind: 'rebuilding', retryAfterMs: Math.max(1, rest[0] ?? 1) };
    default:
      throw strange();
  }
}

function refusedOf(
  [index, retryMs = -1, remaining, resetMs]: number[],
  demands: readonly Demand[],
): Reserved {
  const demand = demandAt(demands, index);
  const state = remaining === undefined ? null : stateOf(demand, remaining, resetMs);
  return { kind: 'refused', demand, retryAfterMs: retryMs < 0 ? null : retryMs, state };
}

/** Null: it waits until the ledger has what the call cost. */
export function closedOf(answer: unknown, demands: readonly Demand[]): Closed | null {
  const [moved, ...rest] = numbersOf(answer);
  if (moved === TELL_LEDGER) return null;
  const crossings: Crossing[] = [];
  for (let at = 0; at + 2 < rest.length; at += 3) {
    const demand = demandAt(demands, rest[at]);
    crossings.push({ demand, line: rest[at + 1] ?? 0, spent: rest[at + 2] ?? 0 });
  }
  return { isMoved: moved === 1, crossings };
}

/** Lua counts from one. */
function demandAt(demands: readonly Demand[], number: number | undefined): Demand {
  const demand = demands[(number ?? 0) - 1];
  if (demand === undefined) throw strange();
  return demand;
}

function stateOf(
  { quota }: Demand,
  remaining: number | undefined,
  resetMs: number | undefined,
): LimitState {
  if (remaining === undefined || resetMs === undefined) throw strange();
  if (!Number.isSafeInteger(remaining) || !Number.isSafeInteger(resetMs)) throw strange();
  const { limit: name, unit, amount: limit, windowMs, policy } = quota;
  return { name, unit, limit, remaining, resetMs, windowMs, policy };
}
