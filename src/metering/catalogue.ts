/**
 * List prices that come with the gateway, in dollars for a million tokens: standard tier, text,
 * global endpoints. What is not here has no price, and a wrong price is worse than none. So models
 * are left out whose price depends on the length of the prompt or on the hour, names that move from
 * model to model (`…-latest`), and names that several hosts sell at prices of their own.
 *
 * Sources, looked at on 2026-11-26: Anthropic's page on pricing and its pages of models
 * (platform.claude.com/docs); DeepSeek's page on pricing (as of May 2026); for OpenAI, Google,
 * Mistral and Groq public copies of their pages on pricing that say when they were checked (July
 * 2025 to September 2026) and that agree with one another. Vendors change prices: a price of the
 * alias and `llmproxy prices import` both go before this table.
 */
import type { ListedModel } from './listed-price.ts';

export const CATALOGUE_DATE = '2026-11-26';
export const CATALOGUE_VERSION = `catalogue-${CATALOGUE_DATE}`;

/** Ten dollars for a thousand searches. */
const SEARCH = '0.01';

type Line = readonly [model: string, listed: ListedModel];

interface OpenAiLine {
  readonly cacheRead?: string;
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
    perToolCall: SEARCH,
    outputTokensMax: line.output,
    contextTokensMax: line.context,
  },
];

const embedding = (model: string, input: string, context: number): Line => [
  model,
  { inputPerMTok: input, outputPerMTok: '0', contextTokensMax: context },
];

const OPENAI: readonly Line[] = [
  openai('gpt-5.1', ['1.25', '10'], { cacheRead: '0.125', output: 128_000, context: 400_000 }),
  openai('gpt-5', ['1.25', '10'], { cacheRead: '0.125', output: 128_000, context: 400_000 }),
  openai('gpt-5-mini', ['0.25', '2'], { cacheRead: '0.025', output: 128_000, context: 400_000 }),
  openai('gpt-5-nano', ['0.05', '0.4'], { cacheRead: '0.005', output: 128_000, context: 400_000 }),
  openai('gpt-5-pro', ['15', '120'], { output: 272_000, context: 400_000 }),
  openai('gpt-4.1', ['2', '8'], { cacheRead: '0.5', output: 32_768, context: 1_047_576 }),
  openai('gpt-4.1-mini', ['0.4', '1.6'], { cacheRead: '0.1', output: 32_768, context: 1_047_576 }),
  openai('gpt-4.1-nano', ['0.1', '0.4'], {
    cacheRead: '0.025',
    output: 32_768,
    context: 1_047_576,
  }),
  openai('gpt-4o', ['2.5', '10'], { cacheRead: '1.25', output: 16_384, context: 128_000 }),
  // The first snapshot kept the price of its day.
  openai('gpt-4o-2024-05-13', ['5', '15'], { output: 4_096, context: 128_000 }),
  openai('gpt-4o-mini', ['0.15', '0.6'], { cacheRead: '0.075', output: 16_384, context: 128_000 }),
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
  anthropic('claude-opus-4-1', ['15', '75'], {
    cacheRead: '1.5',
    cacheWrite: ['18.75', '30'],
    output: 32_000,
    context: 200_000,
  }),
  // The page of the model says 0.20 and later notes of the vendor say 0.10: the dearer one stands.
  anthropic('claude-sonnet-5-5', ['2', '10'], {
    cacheRead: '0.2',
    cacheWrite: ['2.5', '4'],
    ...WIDE,
  }),
  anthropic('claude-sonnet-5', ['2', '10'], {
    cacheRead: '0.2',
    cacheWrite: ['2.5', '4'],
    ...WIDE,
  }),
  anthropic('claude-sonnet-4-5', ['3', '15'], { ...SONNET, output: 64_000, context: 200_000 }),
  anthropic('claude-sonnet-4-6', ['3', '15'], { ...SONNET, output: 64_000, context: 1_000_000 }),
  anthropic('claude-haiku-4-5', ['1', '5'], {
    cacheRead: '0.1',
    cacheWrite: ['1.25', '2'],
    output: 64_000,
    context: 200_000,
  }),
  anthropic('claude-3-5-haiku', ['0.8', '4'], {
    cacheRead: '0.08',
    cacheWrite: ['1', '1.6'],
    output: 8_192,
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
const DEEPSEEK_CAPS = { outputTokensMax: 393_216, contextTokensMax: 1_048_576 };

const OTHERS: readonly Line[] = [
  // Audio costs more; text guards cannot read it, so it passes only where an alias lets it.
  plain('gemini-2.5-flash', ['0.3', '2.5'], GEMINI_CAPS),
  plain('gemini-2.5-flash-lite', ['0.1', '0.4'], GEMINI_CAPS),
  plain('mistral-large-2512', ['0.5', '1.5', '0.05']),
  plain('mistral-medium-2508', ['0.4', '2', '0.04']),
  plain('mistral-medium-2505', ['0.4', '2', '0.04']),
  plain('mistral-small-2603', ['0.15', '0.6', '0.015']),
  plain('codestral-2508', ['0.3', '0.9', '0.03']),
  plain('devstral-2512', ['0.4', '2', '0.04']),
  plain('ministral-14b-2512', ['0.2', '0.2', '0.02']),
  plain('ministral-8b-2512', ['0.15', '0.15', '0.015']),
  plain('ministral-3b-2512', ['0.1', '0.1', '0.01']),
  plain('deepseek-v4-flash', ['0.14', '0.28', '0.0028'], DEEPSEEK_CAPS),
  plain('deepseek-v4-pro', ['0.435', '0.87', '0.003625'], DEEPSEEK_CAPS),
  plain('llama-3.3-70b-versatile', ['0.59', '0.79']),
  plain('llama-3.1-8b-instant', ['0.05', '0.08']),
];

export const catalogue: ReadonlyMap<string, ListedModel> = new Map([
  ...OPENAI,
  ...ANTHROPIC,
  ...OTHERS,
]);
