/**
 * Tokens without a tokenizer. Every JavaScript BPE is quadratic on hostile text (200,000 times `a`
 * takes seconds), so this counts in linear time and says `estimated`.
 */
import type { Call } from '#domain/call.ts';

/** English averages about four characters a token; other scripts have more tokens a character. */
const CHARS_PER_TOKEN = 4;
const WIDE_CHARS_PER_TOKEN = 1.5;
/** Role markers and separators around each passage. */
const TOKENS_PER_PASSAGE = 4;
/** What limits on tokens hold for an answer that the caller does not bound. */
export const DEFAULT_OUTPUT_TOKENS = 1_024;
/** What an answer is bounded to when a budget has to pay for it and the caller does not bound it. */
export const BOUNDED_OUTPUT_TOKENS = 4_096;

/** A fraction: pieces of a stream are added up before they are rounded. */
export function tokenWeightOf(text: string): number {
  let wide = 0;
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) > 0x2ff) wide += 1;
  return (text.length - wide) / CHARS_PER_TOKEN + wide / WIDE_CHARS_PER_TOKEN;
}

export const tokensOf = (text: string): number => Math.ceil(tokenWeightOf(text));

export function inputTokensOf(call: Call): number {
  let tokens = 0;
  for (const { text, position } of call.content.passages) {
    tokens += tokensOf(text) + (position === 'metadata' ? 0 : TOKENS_PER_PASSAGE);
  }
  return tokens;
}

/** The most that the answers of a call may be; input and this are what a limit holds for it. */
export const outputTokensMax = ({ action, maxOutputTokens, choices }: Call): number =>
  action === 'chat' ? (maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS) * choices : 0;
