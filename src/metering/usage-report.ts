/**
 * Usage as others read it: JSON lines, CSV (RFC 4180), and FOCUS, the FinOps Foundation's open form
 * of a bill (version 1.2: its mandatory columns and those that apply to metered services).
 *
 * Money is exact in all of them: decimal text of whole nano-dollars, or the nano-dollars themselves.
 */
import type { UsageRow } from '#domain/ledger-entry.ts';
import { nanoUsd, usdText } from '#domain/money.ts';

/** What was used from `fromMs` to `toMs`. */
export interface UsageLine extends UsageRow {
  readonly toMs: number;
}

export const usageFormats = ['csv', 'jsonl', 'focus'] as const;
export type UsageFormat = (typeof usageFormats)[number];

type Cell = string | number | null;
type Columns = readonly (readonly [name: string, value: (line: UsageLine) => Cell])[];

const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** A correction may be less than nothing: a lease charged more than its call came to. */
export const signedUsd = (nano: number): string =>
  nano < 0 ? `-${usdText(nanoUsd(-nano))}` : usdText(nanoUsd(nano));

const PLAIN: Columns = [
  ['from', ({ fromMs }) => time(fromMs)],
  ['to', ({ toMs }) => time(toMs)],
  ['tenant', ({ tenant }) => tenant],
  ['team', ({ team }) => team],
  ['user', ({ user }) => user],
  ['key', ({ key }) => key],
  ['model', ({ model }) => model],
  ['provider', ({ provider }) => provider],
  ['requests', ({ requests }) => requests],
  ['inputTokens', ({ inputTokens }) => inputTokens],
  ['outputTokens', ({ outputTokens }) => outputTokens],
  ['cacheReadTokens', ({ cacheReadTokens }) => cacheReadTokens],
  ['cacheWriteTokens', ({ cacheWriteTokens }) => cacheWriteTokens],
  ['reasoningTokens', ({ reasoningTokens }) => reasoningTokens],
  ['costNanoUsd', ({ costNanoUsd }) => costNanoUsd],
  ['costUsd', ({ costNanoUsd }) => signedUsd(costNanoUsd)],
  ['priceVersion', ({ priceVersion }) => priceVersion],
];

const monthOf = (ms: number): number => {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
};

const nextMonthOf = (ms: number): number => {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
};

const cost = ({ costNanoUsd }: UsageLine): string => signedUsd(costNanoUsd);
const tokens = ({ inputTokens, outputTokens }: UsageLine): number => inputTokens + outputTokens;

const FOCUS: Columns = [
  ['BilledCost', cost],
  ['BillingAccountId', ({ tenant }) => tenant],
  ['BillingAccountName', ({ tenant }) => tenant],
  ['BillingAccountType', () => 'Tenant'],
  ['BillingCurrency', () => 'USD'],
  ['BillingPeriodEnd', ({ fromMs }) => time(nextMonthOf(fromMs))],
  ['BillingPeriodStart', ({ fromMs }) => time(monthOf(fromMs))],
  ['ChargeCategory', () => 'Usage'],
  ['ChargeClass', () => null],
  ['ChargeDescription', ({ model, provider }) => `${model} at ${provider ?? 'no provider'}`],
  ['ChargeFrequency', () => 'Usage-Based'],
  ['ChargePeriodEnd', ({ toMs }) => time(toMs)],
  ['ChargePeriodStart', ({ fromMs }) => time(fromMs)],
  ['ConsumedQuantity', tokens],
  ['ConsumedUnit', () => 'Tokens'],
  ['ContractedCost', cost],
  ['EffectiveCost', cost],
  ['InvoiceIssuerName', ({ provider }) => provider ?? 'LLMProxy'],
  ['ListCost', cost],
  ['PricingQuantity', tokens],
  ['PricingUnit', () => 'Tokens'],
  ['ProviderName', ({ provider }) => provider ?? 'LLMProxy'],
  ['PublisherName', ({ provider }) => provider ?? 'LLMProxy'],
  ['ResourceId', ({ key }) => key],
  ['ResourceType', ({ key }) => (key === null ? null : 'API key')],
  ['ServiceCategory', () => 'AI and Machine Learning'],
  ['ServiceName', ({ model }) => model],
  ['ServiceSubcategory', () => 'Generative AI'],
  ['SkuId', ({ model, provider }) => `${provider ?? ''}/${model}`],
  ['SkuPriceId', ({ priceVersion }) => priceVersion],
  ['SubAccountId', ({ team }) => team],
  ['SubAccountName', ({ team }) => team],
  ['Tags', ({ user, team }) => JSON.stringify({ team, user })],
  ['x_CacheReadTokens', ({ cacheReadTokens }) => cacheReadTokens],
  ['x_CacheWriteTokens', ({ cacheWriteTokens }) => cacheWriteTokens],
  ['x_CostNanoUsd', ({ costNanoUsd }) => costNanoUsd],
  ['x_InputTokens', ({ inputTokens }) => inputTokens],
  ['x_OutputTokens', ({ outputTokens }) => outputTokens],
  ['x_ReasoningTokens', ({ reasoningTokens }) => reasoningTokens],
  ['x_Requests', ({ requests }) => requests],
];

/** What stands before the first line. */
export function usageHeader(format: UsageFormat): string {
  if (format === 'jsonl') return '';
  return csvLine((format === 'csv' ? PLAIN : FOCUS).map(([name]) => name));
}

export function usageText(line: UsageLine, format: UsageFormat): string {
  if (format !== 'jsonl') {
    return csvLine((format === 'csv' ? PLAIN : FOCUS).map(([, value]) => value(line)));
  }
  return `${JSON.stringify(Object.fromEntries(PLAIN.map(([name, value]) => [name, value(line)])))}\n`;
}

const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** What a spreadsheet would run: names of users come from identity providers, and from whom they ask. */
const FORMULA = /^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/u;

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const isMoney = /^-?\d+\.\d+$/u.test(cell);
  const text = FORMULA.test(cell) && !isMoney ? `'${cell}` : cell;
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
