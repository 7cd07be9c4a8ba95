/**
 * Usage as providers tell it. Whoever answers could write anything there, and it becomes money: a
 * field that is no count is not told, and a part that is more than its whole is not told either.
 */
import { plainUsage, type Usage } from '#domain/money.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { objectAt, tokenCount } from './fields.ts';

type Parts = Partial<Omit<Usage, 'inputTokens' | 'outputTokens' | 'source'>>;

/** Parts that contradict their whole leave it without them: then all of it is billed as plain. */
export function toldUsage(inputTokens: number, outputTokens: number, parts: Parts): Usage {
  const { cacheReadTokens = 0, cacheWriteTokens = 0, cacheWriteLongTokens = 0 } = parts;
  const { reasoningTokens = 0, hostedToolCalls = 0 } = parts;
  const isCacheTrue = cacheReadTokens + cacheWriteTokens <= inputTokens;
  const written = isCacheTrue ? cacheWriteTokens : 0;
  return {
    ...plainUsage(inputTokens, outputTokens, 'provider'),
    cacheReadTokens: isCacheTrue ? cacheReadTokens : 0,
    cacheWriteTokens: written,
    cacheWriteLongTokens: Math.min(cacheWriteLongTokens, written),
    reasoningTokens: reasoningTokens <= outputTokens ? reasoningTokens : 0,
    hostedToolCalls,
  };
}

/** A count that nothing else hangs on: 0 where it is not told. */
export const partCount = (holder: JsonObject | null, key: string): number =>
  tokenCount(holder?.[key]) ?? 0;

/** Source: OpenAI's Chat Completions API, `usage`; its embeddings have no output. */
export function openaiChatUsage(body: JsonObject): Usage | null {
  const usage = body['usage'];
  if (!isJsonObject(usage)) return null;
  const inputTokens = tokenCount(usage['prompt_tokens']);
  const saidTokens = tokenCount(usage['completion_tokens']);
  if (inputTokens === null || saidTokens === null) return null;
  const input = objectAt(usage, 'prompt_tokens_details');
  const output = objectAt(usage, 'completion_tokens_details');
  // Some servers (Gemini's among them) bill thinking as output and count it in the total alone.
  const outputTokens = Math.max(saidTokens, partCount(usage, 'total_tokens') - inputTokens);
  return toldUsage(inputTokens, outputTokens, {
    cacheReadTokens: partCount(input, 'cached_tokens'),
    cacheWriteTokens: partCount(input, 'cache_write_tokens'),
    reasoningTokens: partCount(output, 'reasoning_tokens'),
  });
}

/** Items of an answer that stand for one call of a tool that OpenAI runs and bills by the call. */
const BILLED_ITEMS: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
]);

/** Source: OpenAI's Responses API, `usage` and `output`. */
export function responsesUsage(body: JsonObject): Usage | null {
  const usage = body['usage'];
  if (!isJsonObject(usage)) return null;
  const inputTokens = tokenCount(usage['input_tokens']);
  const outputTokens = tokenCount(usage['output_tokens']);
  if (inputTokens === null || outputTokens === null) return null;
  const input = objectAt(usage, 'input_tokens_details');
  const output = objectAt(usage, 'output_tokens_details');
  return toldUsage(inputTokens, outputTokens, {
    cacheReadTokens: partCount(input, 'cached_tokens'),
    cacheWriteTokens: partCount(input, 'cache_write_tokens'),
    reasoningTokens: partCount(output, 'reasoning_tokens'),
    hostedToolCalls: billedItems(body['output']),
  });
}

const billedItems = (items: JsonValue | undefined): number =>
  Array.isArray(items)
    ? items.filter((item) => isJsonObject(item) && BILLED_ITEMS.has(item['type'])).length
    : 0;

/**
 * Input is what was read from and written to the prompt cache too: Anthropic counts them apart, and
 * a part that cannot be true leaves no sum. Source: Anthropic's Messages API, `usage`.
 */
export function anthropicUsage(usage: JsonValue | undefined): Usage | null {
  if (!isJsonObject(usage)) return null;
  const outputTokens = tokenCount(usage['output_tokens']);
  const plainTokens = tokenCount(usage['input_tokens'] ?? 0);
  const cacheReadTokens = tokenCount(usage['cache_read_input_tokens'] ?? 0);
  const cacheWriteTokens = tokenCount(usage['cache_creation_input_tokens'] ?? 0);
  if (outputTokens === null || plainTokens === null) return null;
  if (cacheReadTokens === null || cacheWriteTokens === null) return null;
  return toldUsage(plainTokens + cacheReadTokens + cacheWriteTokens, outputTokens, {
    cacheReadTokens,
    cacheWriteTokens,
    cacheWriteLongTokens: partCount(objectAt(usage, 'cache_creation'), 'ephemeral_1h_input_tokens'),
    reasoningTokens: partCount(objectAt(usage, 'output_tokens_details'), 'thinking_tokens'),
    hostedToolCalls: partCount(objectAt(usage, 'server_tool_use'), 'web_search_requests'),
  });
}

/**
 * Two reports of one stream: the last output is the total; the input is often said in the first
 * report alone, and the larger one is the whole.
 */
export function laterUsage(first: Usage, last: Usage): Usage {
  const input = last.inputTokens >= first.inputTokens ? last : first;
  return toldUsage(input.inputTokens, last.outputTokens, {
    cacheReadTokens: input.cacheReadTokens,
    cacheWriteTokens: input.cacheWriteTokens,
    cacheWriteLongTokens: input.cacheWriteLongTokens,
    reasoningTokens: last.reasoningTokens,
    hostedToolCalls: Math.max(first.hostedToolCalls, last.hostedToolCalls),
  });
}
