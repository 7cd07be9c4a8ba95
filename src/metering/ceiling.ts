/**
 * The most that a call can cost, before it is made. What cannot be bounded has no ceiling, and a hard
 * budget then refuses the call: a budget that guesses is none.
 */
import type { Call } from '#domain/call.ts';
import type { Deployment } from '#domain/deployment.ts';
import { type NanoUsd, nanoUsd, plainUsage, type Price } from '#domain/money.ts';

import type { JsonObject } from '#stdx/json.ts';

import { costOf } from './cost.ts';

/**
 * A token of a byte-level tokenizer covers at least one byte, so the bytes of the body are at least
 * its tokens; JSON adds bytes and takes none away. For vendors that do not publish theirs this is an
 * assumption: usage above the ceiling is never charged to a budget, and raises an alert.
 */
const TOKENS_PER_MESSAGE = 16;
/** What vendors put before the definitions of tools. Anthropic documents up to 735 tokens. */
const TOOL_PROMPT_TOKENS = 1_024;
/**
 * The dearest image: gpt-4o-mini takes 2,833 tokens and 5,667 for each of at most eight tiles.
 * Source: OpenAI's guide to images and vision, read 2026-11-26.
 */
const IMAGE_TOKENS_MAX = 50_000;

const RUN_BY_PROVIDER: ReadonlySet<string> = new Set(['hosted-tools', 'remote-mcp', 'container']);

/** By field, the values at list price. Others are dearer than the price that is known, or may be. */
const AT_LIST_PRICE: Readonly<Record<string, ReadonlySet<unknown>>> = {
  service_tier: new Set(['default', 'standard', 'standard_only', 'flex', 'batch']),
  speed: new Set(['standard']),
  inference_geo: new Set(['global']),
};

/** Whether a caller asks for a tier, a place or sound that costs more than the list says. */
function isDearer(body: JsonObject): boolean {
  for (const [field, values] of Object.entries(AT_LIST_PRICE)) {
    const value = body[field];
    if (value !== undefined && value !== null && !values.has(value)) return true;
  }
  const { modalities } = body;
  return Array.isArray(modalities) && modalities.some((one) => one !== 'text');
}

export interface Bounds {
  readonly bodyBytes: number;
  readonly outputTokens: number;
}

/** Null: it has no bound. `context`: what the model takes at most, where that is known. */
function inputTokensMax(call: Call, bodyBytes: number, context: number | null): number | null {
  const { opaques, content, tools, heldState } = call;
  // Tools that the provider runs read what they like into the context, and as often as they like.
  if (heldState.some(({ kind }) => RUN_BY_PROVIDER.has(kind)) || isDearer(content.body))
    return null;
  // Stored conversations and prompts, and files, are text that we do not see.
  if (heldState.length > 0 || opaques.some(({ kind }) => kind !== 'image')) return context;
  const overhead = content.passages.length * TOKENS_PER_MESSAGE;
  const toolPrompt = tools.length > 0 ? TOOL_PROMPT_TOKENS : 0;
  return bodyBytes + overhead + toolPrompt + opaques.length * IMAGE_TOKENS_MAX;
}

/** At the dearest deployment that the call may go to; null where one has no price or no bound. */
export function costCeiling(
  call: Call,
  { bodyBytes, outputTokens }: Bounds,
  deployments: readonly Deployment[],
): NanoUsd | null {
  if (call.action === 'count-tokens') return nanoUsd(0);
  const images = call.opaques.length;
  let dearest = 0;
  for (const { price, caps } of deployments) {
    const input = inputTokensMax(call, bodyBytes, caps.contextTokensMax);
    if (price === null || input === null) return null;
    const output = Math.min(outputTokens, (caps.outputTokensMax ?? Infinity) * call.choices);
    const cost = costOf(plainUsage(input, output, 'ceiling'), dearestOf(price), images) ?? 0;
    dearest = Math.max(dearest, cost);
  }
  return nanoUsd(dearest);
}

const known = new WeakMap<Price, Price>();

/** Every token at the price of the dearest kind that it can be of. */
function dearestOf(price: Price): Price {
  const before = known.get(price);
  if (before !== undefined) return before;
  const dearest = {
    ...price,
    inputPicoUsdPerToken: Math.max(
      price.inputPicoUsdPerToken,
      price.cacheReadPicoUsdPerToken,
      price.cacheWritePicoUsdPerToken,
      price.cacheWriteLongPicoUsdPerToken,
    ),
    outputPicoUsdPerToken: Math.max(price.outputPicoUsdPerToken, price.reasoningPicoUsdPerToken),
  };
  known.set(price, dearest);
  return dearest;
}
