/**
 * The money of one budget, one set of dimensions and one period. What is held and what is spent are
 * apart: a hold moves to spent once, by the step that removes its reservation, or goes back.
 *
 * A new period is a new scope, so nothing is ever reset, and no reset can happen twice.
 */
import type { BudgetQuota } from './limiter.ts';

export interface MoneyScope {
  /** Nano-USD. */
  spent: number;
  held: number;
  /** The rest of the period before, where the budget carries over. */
  carried: number;
  /** How many lines have been told of. */
  linesTold: number;
  /** The ledger's word is in it since this epoch; null before it was asked. */
  epoch: string | null;
  readonly toMs: number;
}

export const openScope = (toMs: number): MoneyScope => ({
  spent: 0,
  held: 0,
  carried: 0,
  linesTold: 0,
  epoch: null,
  toMs,
});

export const moneyLeft = ({ spent, held, carried }: MoneyScope, { amount }: BudgetQuota): number =>
  Math.max(0, amount + carried - spent - held);

/** Invariant I1: spent and held together never exceed the limit of a hard budget. */
export const affords = (scope: MoneyScope, quota: BudgetQuota, amount: number): boolean =>
  !quota.isHard || scope.spent + scope.held + amount <= quota.amount + scope.carried;

/** What a period leaves to the next: nothing of what calls hold in it that run on. */
export const carriedOf = (
  carried: number,
  before: Pick<MoneyScope, 'spent' | 'held' | 'epoch'>,
  { amount }: BudgetQuota,
): number => {
  const { spent, held, epoch } = before;
  // A counter that began with the ledger knows of what has ended since.
  const left = epoch === null ? carried : Math.min(carried, amount - spent);
  return Math.max(0, left - held);
};

/**
 * The ledger's word of what was spent. Lines that it is past were told of when it went past them, but for
 * those that only `untold` took it past: what calls were charged whose process died.
 */
export function seed(
  scope: MoneyScope,
  word: { spent: number; carried: number; epoch: string; untold?: number | undefined },
  lines: readonly number[],
): void {
  const { spent, untold = 0 } = word;
  scope.spent = spent;
  scope.carried = word.carried;
  scope.epoch = word.epoch;
  scope.linesTold = lines.filter((line) => line <= spent - untold).length;
}

const NONE: readonly number[] = [];

/** The lines that the money went past just now, rising. Each is told once, however it moves later. */
export function linesCrossed(scope: MoneyScope, lines: readonly number[]): readonly number[] {
  const told = scope.linesTold;
  for (let next = lines[told]; next !== undefined; next = lines[scope.linesTold]) {
    if (scope.spent < next) break;
    scope.linesTold += 1;
  }
  return scope.linesTold === told ? NONE : lines.slice(told, scope.linesTold);
}
