/**
 * Thinking that a provider bills and does not show: what a stream may have come to when it is cut before
 * the provider has said. Without it, whoever leaves while a model thinks would have it for nothing, again
 * and again, past any budget.
 *
 * Nobody knows what was not shown, but it took time, and no model makes more tokens in a time than the
 * fastest that there is. So it is bounded by the time in which no answer came, and by what is held.
 */
import type { ChannelDelta, EventReading } from '#dialects/dialect.ts';
import type { Call } from '#domain/call.ts';
import type { Amounts } from '#domain/limit-state.ts';

/** The fastest services make about 3,000 tokens a second (Cerebras, 2025: `gpt-oss-120b`). */
const TOKENS_PER_MS = 3;
/** An answer that flows has an event more often. */
const GAP_MS = 500;

export interface Thinker {
  /** When the request went out, monotonic. */
  readonly sentMs: number;
  /** The caller asked for it, so that it is there beside an answer as well. */
  readonly isAsked: boolean;
  /** What is held for the answer; 0: no money is. */
  readonly tokensMax: number;
}

export const thinkerOf = (
  { features }: Pick<Call, 'features'>,
  { sentMs, held }: { readonly sentMs: number; readonly held: Amounts },
): Thinker => ({
  sentMs,
  isAsked: features.has('reasoning'),
  tokensMax: held.nanoUsd > 0 ? held.outputTokens : 0,
});

export interface Seen extends Pick<EventReading, 'isThinking'> {
  readonly deltas: readonly Pick<ChannelDelta, 'position' | 'text'>[];
}

export class UnseenThinking {
  readonly #tokensMax: number;
  #isThinking: boolean;
  #hasAnswer = false;
  #seenMs: number;
  #unseenMs = 0;

  constructor({ sentMs, isAsked, tokensMax }: Thinker) {
    this.#tokensMax = tokensMax;
    this.#isThinking = isAsked;
    this.#seenMs = sentMs;
  }

  /** What has come of the answer. Thinking that is shown may be a summary of what is billed. */
  saw({ deltas, isThinking }: Seen, nowMs: number): void {
    if (this.#tokensMax === 0) return;
    this.#isThinking ||= isThinking;
    for (const { position, text } of deltas) {
      if (position === 'reasoning') this.#isThinking = true;
      else if (text !== '') {
        this.#unseenMs += this.#gapMs(nowMs);
        this.#seenMs = nowMs;
        this.#hasAnswer = true;
      }
    }
  }

  /** Tokens of an answer that is cut now, of which so many were seen. */
  outputTokens(seen: number, nowMs: number): number {
    if (this.#hasAnswer && !this.#isThinking) return seen;
    const unseen = Math.ceil((this.#unseenMs + this.#gapMs(nowMs)) * TOKENS_PER_MS);
    return Math.max(seen, Math.min(this.#tokensMax, seen + unseen));
  }

  #gapMs(nowMs: number): number {
    const gapMs = nowMs - this.#seenMs;
    return gapMs >= GAP_MS || !this.#hasAnswer ? gapMs : 0;
  }
}
