/**
 * The most that a call can cost, before it is made. What cannot be bounded has no ceiling, and a hard
 * budget then refuses the call: a budget that guesses is none.
 */
import type { Call } from '#domain/call.ts';
import type { Deployment } from '#domain/deployment.ts';
import { type NanoUsd, nanoUsd } from '#domain/money.ts';

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

export interface Bounds {
  readonly bodyBytes: number;
  readonly outputTokens: number;
}

/** Null: it has no bound. */
export function inputTokensMax(call: Call, bodyBytes: number): number | null {
  // Stored conversations, prompts and files are text that we do not see.
  if (call.heldState.length > 0) return null;
  const { opaques, features, content, tools } = call;
  if (opaques.some(({ kind }) => kind !== 'image') || features.has('hosted-tools')) return null;
  const overhead = content.passages.length * TOKENS_PER_MESSAGE;
  const toolPrompt = tools.length > 0 ? TOOL_PROMPT_TOKENS : 0;
  return bodyBytes + overhead + toolPrompt + opaques.length * IMAGE_TOKENS_MAX;
}

/** At the dearest deployment that the call may go to; null where one has no price. */
export function costCeiling(
  call: Call,
  { bodyBytes, outputTokens }: Bounds,
  deployments: readonly Deployment[],
): NanoUsd | null {
  const inputTokens = inputTokensMax(call, bodyBytes);
  if (inputTokens === null) return null;
  let dearest = 0;
  for (const { price } of deployments) {
    const cost = costOf({ inputTokens, outputTokens, source: 'estimated' }, price);
    if (cost === null) return null;
    dearest = Math.max(dearest, cost);
  }
  return nanoUsd(dearest);
}
