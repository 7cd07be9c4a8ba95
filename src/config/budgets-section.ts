/** `budgets:` in the configuration. */
import { z } from 'zod';

import { isTimeZone } from '#policy/access/local-time.ts';
import { budgetDimensions } from '#policy/limiters/limiter.ts';
import { isDate } from '#policy/limiters/period.ts';

import { nameField } from './fields.ts';
import { modelsField, tenantsField } from './limits-section.ts';

/** What whole nano-dollars hold exactly, with room for what is held beside what is spent. */
const USD_MAX = 4_000_000;

const usd = z
  .union([z.number(), z.string().regex(/^[0-9]{1,7}(?:\.[0-9]{1,9})?$/u)])
  .transform(Number)
  .refine(
    (amount) => amount > 0 && amount <= USD_MAX,
    `write dollars, more than 0 and at most ${USD_MAX}`,
  );

const PERIODS = 'write hour, day, week, month, quarter or year, or { days: 14, from: 2026-01-05 }';

const period = z.union(
  [
    z.enum(['hour', 'day', 'week', 'month', 'quarter', 'year']),
    z.strictObject({
      days: z.int().min(1).max(3_650),
      from: z.string().refine(isDate, 'write a date, such as 2026-01-05').meta({
        description: 'A day on which one of the periods begins.',
      }),
    }),
  ],
  PERIODS,
);

const budget = z.strictObject({
  name: nameField.meta({ description: 'Stands in records, metrics, alerts and bills.' }),
  per: z
    .array(z.enum(budgetDimensions, `count by ${budgetDimensions.join(', ')}`))
    .min(1)
    .max(budgetDimensions.length)
    .default(['tenant'])
    .meta({ description: 'One budget for each combination of these.' }),
  usd: usd.meta({ description: 'Dollars a period.' }),
  period: period.default('month').meta({
    description:
      'A period of the calendar, or so many days from a date: { days: 14, from: 2026-01-05 }.',
  }),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'write a time zone, such as UTC or Europe/Zurich')
    .default('UTC')
    .meta({ description: 'Where days begin.' }),
  mode: z.enum(['strict', 'calibrated']).default('strict').meta({
    description:
      'strict: the most that a call can cost is held before it is made, and a budget is never exceeded. calibrated: what such calls usually cost is held, so that more run at once; a stream that costs more holds more or ends.',
  }),
  onExceeded: z.enum(['deny', 'clamp', 'alert']).default('deny').meta({
    description:
      'deny: refuse. clamp: let an answer be as long as what is left pays for, and refuse when that is nothing. alert: refuse nobody, and tell.',
  }),
  alertAt: z
    .array(z.number().gt(0).max(10))
    .max(16)
    .default([0.5, 0.8, 1])
    .meta({ description: 'Parts of the budget at which an alert is raised, each once a period.' }),
  carryOver: z.boolean().default(false).meta({
    description: 'Whether what is left of a period is added to the next one, once.',
  }),
  tenants: tenantsField,
  models: modelsField,
});

export const budgetsSection = z
  .array(budget)
  .max(1_000)
  .default([])
  .meta({ description: 'Money that calls may cost in a period. A call must fit all of them.' });

export type BudgetSection = z.output<typeof budget>;
