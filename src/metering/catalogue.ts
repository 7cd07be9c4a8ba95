/**
 * List prices that come with the gateway, in dollars for a million tokens: standard tier, text,
 * global endpoints. What is not here has no price, and a wrong price is worse than none. So models
 * are left out whose price depends on the length of the prompt or on the hour, names that move from
 * model to model (`…-latest`), and names that several hosts sell at prices of their own.
 *
 * Sources, looked at on 2026-11-26: Anthropic's pages on pricing and on its models
 * (platform.claude.com/docs); for OpenAI, Google and Mistral public copies of their pages on pricing.
 * A line stands here only where those and the list of LiteLLM 1.110.2 agree on its prices. Vendors
 * change prices: a price of the alias and `llmproxy prices import` both go before this table.
 */
import type { ListedModel } from './listed-price.ts';

export const CATALOGUE_DATE = '2026-11-26';
export const CATALOGUE_VERSION = `catalogue-${CATALOGUE_DATE}`;

/** Ten dollars for a thousand searches. */
const SEARCH = '0.01';
/** OpenAI's older search costs models that do not think more, and an answer does not say which it was. */
const PREVIEW_SEARCH = '0.025';

type Line = readonly [model: string, listed: ListedModel];

interface OpenAiLine {
  readonly cacheRead?: string;
  readonly search?: string;
  readonly output: number;
  readonly context: number;
}

/** OpenAI bills no writes to the cache of these, so they cost what other input costs. */
const openai = (model: string, [input, out]: readonly [string, string], line: OpenAiLine): Line => [
  model,
  {
    inputPerMTok: input,
    outputPerMTok: out,
    ...(line.cacheRead !== undefined && { cacheReadPerMTok: line.cacheRead }),
    perToolCall: line.search ?? SEARCH,
    outputTokensMax: line.output,
    contextTokensMax: line.context,
  },
];

const embedding = (model: string, input: string, context: number): Line => [
  model,
  { inputPerMTok: input, outputPerMTok: '0', contextTokensMax: context },
];

const WIDE_GPT = { output: 128_000, context: 400_000 };
const LONG_GPT = { output: 32_768, context: 1_047_576, search: PREVIEW_SEARCH };

const OPENAI: readonly Line[] = [
  openai('gpt-5.4-mini', ['0.75', '4.5'], { cacheRead: '0.075', ...WIDE_GPT }),
  openai('gpt-5.4-nano', ['0.2', '1.25'], { cacheRead: '0.02', ...WIDE_GPT }),
  openai('gpt-5.2', ['1.75', '14'], { cacheRead: '0.175', ...WIDE_GPT }),
  openai('gpt-5.1', ['1.25', '10'], { cacheRead: '0.125', ...WIDE_GPT }),
  openai('gpt-5', ['1.25', '10'], { cacheRead: '0.125', ...WIDE_GPT }),
  openai('gpt-5-mini', ['0.25', '2'], { cacheRead: '0.025', ...WIDE_GPT }),
  openai('gpt-5-nano', ['0.05', '0.4'], { cacheRead: '0.005', ...WIDE_GPT }),
  openai('gpt-5-pro', ['15', '120'], { output: 272_000, context: 400_000 }),
  openai('gpt-4.1', ['2', '8'], { cacheRead: '0.5', ...LONG_GPT }),
  openai('gpt-4.1-mini', ['0.4', '1.6'], { cacheRead: '0.1', ...LONG_GPT }),
  openai('gpt-4.1-nano', ['0.1', '0.4'], {
    cacheRead: '0.025',
    ...LONG_GPT,
  }),
  openai('gpt-4o', ['2.5', '10'], {
    cacheRead: '1.25',
    output: 16_384,
    context: 128_000,
    search: PREVIEW_SEARCH,
  }),
  // The first snapshot kept the price of its day.
  openai('gpt-4o-2024-05-13', ['5', '15'], {
    output: 4_096,
    context: 128_000,
    search: PREVIEW_SEARCH,
  }),
  openai('gpt-4o-mini', ['0.15', '0.6'], {
    cacheRead: '0.075',
    output: 16_384,
    context: 128_000,
    search: PREVIEW_SEARCH,
  }),
  openai('o3', ['2', '8'], { cacheRead: '0.5', output: 100_000, context: 200_000 }),
  openai('o3-mini', ['1.1', '4.4'], { cacheRead: '0.55', output: 100_000, context: 200_000 }),
  openai('o4-mini', ['1.1', '4.4'], { cacheRead: '0.275', output: 100_000, context: 200_000 }),
  openai('o1', ['15', '60'], { cacheRead: '7.5', output: 100_000, context: 200_000 }),
  embedding('text-embedding-3-small', '0.02', 8_192),
  embedding('text-embedding-3-large', '0.13', 8_192),
];

interface AnthropicLine {
  readonly cacheRead: string;
  /** Kept for five minutes, and for an hour. */
  readonly cacheWrite: readonly [string, string];
  readonly output: number;
  readonly context: number;
}

const anthropic = (
  model: string,
  [input, out]: readonly [string, string],
  { cacheRead, cacheWrite: [write, writeLong], output, context }: AnthropicLine,
): Line => [
  model,
  {
    inputPerMTok: input,
    outputPerMTok: out,
    cacheReadPerMTok: cacheRead,
    cacheWritePerMTok: write,
    cacheWriteLongPerMTok: writeLong,
    perToolCall: SEARCH,
    outputTokensMax: output,
    contextTokensMax: context,
  },
];

const WIDE = { output: 128_000, context: 1_000_000 };
const OPUS = { cacheRead: '0.5', cacheWrite: ['6.25', '10'] } as const;
const SONNET = { cacheRead: '0.3', cacheWrite: ['3.75', '6'] } as const;

const ANTHROPIC: readonly Line[] = [
  anthropic('claude-fable-5-1', ['10', '50'], {
    cacheRead: '0.25',
    cacheWrite: ['12.5', '20'],
    ...WIDE,
  }),
  anthropic('claude-fable-5', ['10', '50'], {
    cacheRead: '1',
    cacheWrite: ['12.5', '20'],
    ...WIDE,
  }),
  anthropic('claude-opus-5-5', ['4', '20'], { cacheRead: '0.2', cacheWrite: ['5', '8'], ...WIDE }),
  anthropic('claude-opus-5', ['5', '25'], { ...OPUS, ...WIDE }),
  anthropic('claude-opus-4-8', ['5', '25'], { ...OPUS, ...WIDE }),
  anthropic('claude-opus-4-7', ['5', '25'], { ...OPUS, ...WIDE }),
  anthropic('claude-opus-4-6', ['5', '25'], { ...OPUS, ...WIDE }),
  anthropic('claude-opus-4-5', ['5', '25'], { ...OPUS, output: 64_000, context: 200_000 }),
  // Its cache was made cheaper in October 2026.
  anthropic('claude-sonnet-5-5', ['2', '10'], {
    cacheRead: '0.1',
    cacheWrite: ['2.5', '4'],
    ...WIDE,
  }),
  anthropic('claude-sonnet-5', ['2', '10'], {
    cacheRead: '0.2',
    cacheWrite: ['2.5', '4'],
    ...WIDE,
  }),
  anthropic('claude-sonnet-4-5', ['3', '15'], { ...SONNET, output: 64_000, context: 200_000 }),
  anthropic('claude-sonnet-4-6', ['3', '15'], { ...SONNET, ...WIDE }),
  anthropic('claude-haiku-4-5', ['1', '5'], {
    cacheRead: '0.1',
    cacheWrite: ['1.25', '2'],
    output: 64_000,
    context: 200_000,
  }),
];

const plain = (
  model: string,
  [input, out, cacheRead]: readonly [string, string, string?],
  caps: { readonly outputTokensMax?: number; readonly contextTokensMax?: number } = {},
): Line => [
  model,
  {
    inputPerMTok: input,
    outputPerMTok: out,
    ...(cacheRead !== undefined && { cacheReadPerMTok: cacheRead }),
    ...caps,
  },
];

const GEMINI_CAPS = { outputTokensMax: 65_536, contextTokensMax: 1_048_576 };

const OTHERS: readonly Line[] = [
  // Audio costs more; text guards cannot read it, so it passes only where an alias lets it.
  plain('gemini-2.5-flash', ['0.3', '2.5', '0.03'], GEMINI_CAPS),
  plain('gemini-2.5-flash-lite', ['0.1', '0.4', '0.01'], GEMINI_CAPS),
  plain('mistral-large-2512', ['0.5', '1.5', '0.05']),
  plain('mistral-medium-2604', ['1.5', '7.5', '0.15']),
  plain('mistral-small-2603', ['0.15', '0.6', '0.015']),
  plain('codestral-2508', ['0.3', '0.9', '0.03']),
  plain('ministral-14b-2512', ['0.2', '0.2', '0.02']),
  plain('ministral-8b-2512', ['0.15', '0.15', '0.015']),
  plain('ministral-3b-2512', ['0.1', '0.1', '0.01']),
  embedding('mistral-embed', '0.1', 8_192),
];

export const catalogue: ReadonlyMap<string, ListedModel> = new Map([
  ...OPENAI,
  ...ANTHROPIC,
  ...OTHERS,
]);
