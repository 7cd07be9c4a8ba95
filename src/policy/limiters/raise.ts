/** What is held for a counter is one amount, however often it was raised or lowered. */
import { amountOf, type Amounts } from '#domain/limit-state.ts';

import type { Demand } from './limiter.ts';

/** What has to be held beside `demands` for a call that is estimated anew; nothing where it is less. */
export const moreFor = (demands: readonly Demand[], estimate: Amounts): Demand[] =>
  demands.flatMap((demand) => {
    const amount = amountOf(demand.quota.unit, estimate) - demand.amount;
    return amount > 0 && demand.quota.unit !== 'requests' ? [{ ...demand, amount }] : [];
  });

/** So much more money, of each counter of money. */
export const moneyFor = (demands: readonly Demand[], amount: number): Demand[] =>
  amount <= 0
    ? []
    : demands.flatMap((demand) =>
        demand.quota.unit === 'nano-usd' ? [{ ...demand, amount }] : [],
      );

/** `more` is of counters that `demands` are of. */
export const raised = (demands: readonly Demand[], more: readonly Demand[]): readonly Demand[] =>
  demands.map((demand) => {
    const added = more.find(({ bucket }) => bucket === demand.bucket);
    return added === undefined ? demand : { ...demand, amount: demand.amount + added.amount };
  });

/** Of each no more than `most`, in their order. What was lent is from here on an ordinary hold. */
export const lowered = (demands: readonly Demand[], most: readonly Demand[]): readonly Demand[] =>
  demands.map((demand, at) => {
    const { isLent: _, ...drawn } = demand;
    return { ...drawn, amount: Math.min(demand.amount, most[at]?.amount ?? 0) };
  });

/** The marks that go with it: what was lent has none any more. */
export const loweredMarks = (demands: readonly Demand[], marks: readonly number[]): number[] =>
  marks.map((mark, at) => (demands[at]?.isLent === true ? 0 : mark));
