/** The limits and budgets of a configuration. */
import type { BudgetSection } from '#config/budgets-section.ts';
import type { Config } from '#config/config.ts';
import { DIMENSION_EXPRESSION, isByProvider, type LimitSection } from '#config/limits-section.ts';
import type { LimitUnit } from '#domain/limit-state.ts';
import { NANO_PER_USD } from '#domain/money.ts';
import { compileCondition, compileValue } from '#policy/access/condition.ts';
import type { Selection } from '#policy/limiters/applies.ts';
import { budgetLimiter } from '#policy/limiters/budget.ts';
import { concurrencyLimiter } from '#policy/limiters/concurrency.ts';
import { isDimension, type LimitDimension } from '#policy/limiters/dimensions.ts';
import { leakyBucketPacer, type PacerPorts } from '#policy/limiters/leaky-bucket.ts';
import type { Limiter, Pacer } from '#policy/limiters/limiter.ts';
import { Periods } from '#policy/limiters/period.ts';
import { type Allowance, rateLimiter } from '#policy/limiters/rate-limiter.ts';
import { runLimiter } from '#policy/limiters/run-limiter.ts';
import { assert } from '#stdx/assert.ts';

const QUEUE = 100;
const WAIT_MS_MAX = 10_000;

export interface Limits {
  /** Asked before a call is let in. */
  readonly limiters: readonly Limiter[];
  /** Asked for each attempt, when its provider is known. */
  readonly attemptLimiters: readonly Limiter[];
  readonly pacers: readonly Pacer[];
}

export function limitsOf({ limits, budgets }: Config, ports: PacerPorts): Limits {
  const [ofAttempts, ofCalls] = [limits.filter(isByProvider), limits.filter(isOfCall)];
  return {
    limiters: [...ofCalls.flatMap(limitersOf), ...budgets.map(budgetOf), runLimiter],
    attemptLimiters: ofAttempts.flatMap(limitersOf),
    pacers: limits.flatMap((section) => pacersOf(section, ports)),
  };
}

const isOfCall = (section: LimitSection): boolean => !isByProvider(section);

/** One entry may bound a rate, calls at once, or both; each is a limiter of that name. */
function limitersOf(section: LimitSection): Limiter[] {
  const { name, algorithm, concurrency, burst = null } = section;
  const shared = { name, per: dimensionsOf(section), selection: selectionOf(section) };
  const allowances = allowancesOf(section);
  const limiters: Limiter[] = [];
  if (algorithm !== 'leaky-bucket' && Object.keys(allowances).length > 0) {
    limiters.push(rateLimiter({ ...shared, algorithm, allowances, burst }));
  }
  if (concurrency !== undefined) {
    limiters.push(concurrencyLimiter({ ...shared, calls: concurrency }));
  }
  return limiters;
}

function pacersOf(section: LimitSection, ports: PacerPorts): Pacer[] {
  const { name, algorithm, requests, queue = QUEUE, waitMax } = section;
  if (algorithm !== 'leaky-bucket' || requests === undefined) return [];
  const shared = { name, per: dimensionsOf(section), selection: selectionOf(section) };
  const waitMsMax = waitMax?.ms ?? WAIT_MS_MAX;
  return [leakyBucketPacer({ ...shared, requests, queue, waitMsMax }, ports)];
}

export function allowancesOf(section: LimitSection): Partial<Record<LimitUnit, Allowance>> {
  const { requests, tokens, inputTokens, outputTokens, bytes, usd } = section;
  const all: Partial<Record<LimitUnit, Allowance | undefined>> = {
    requests,
    tokens,
    'input-tokens': inputTokens,
    'output-tokens': outputTokens,
    bytes,
    'nano-usd': usd,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [LimitUnit, Allowance] => entry[1] !== undefined),
  );
}

export const dimensionsOf = ({ per }: LimitSection): LimitDimension[] => per.map(dimensionOf);

function dimensionOf(text: string): LimitDimension {
  if (isDimension(text)) return text;
  const compiled = compileValue(text.slice(DIMENSION_EXPRESSION.length).trim());
  assert(compiled.ok, 'the schema has let only names and expressions that compile through');
  return compiled.value;
}

function selectionOf(section: LimitSection): Selection {
  const { tenants = null, models = null, providers = null, networks = null, when } = section;
  const named = { tenants, models, providers, networks };
  if (when === undefined) return { ...named, when: null };
  const compiled = compileCondition(when);
  assert(compiled.ok, 'the schema compiles conditions first');
  return { ...named, when: compiled.value };
}

function budgetOf(section: BudgetSection): Limiter {
  const { name, per, usd, period, timeZone, alertAt, onExceeded, mode, carryOver } = section;
  const { tenants = null, models = null } = section;
  return budgetLimiter({
    name,
    per,
    amount: Math.round(usd * NANO_PER_USD),
    periods: new Periods(period, timeZone),
    alertAt,
    isHard: onExceeded !== 'alert',
    isStrict: mode === 'strict',
    clamps: onExceeded === 'clamp',
    carriesOver: carryOver,
    tenants,
    models,
  });
}
