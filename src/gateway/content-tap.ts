/**
 * What was said in one call, as far as it is to be kept: gathered while it goes by, handed over when it
 * ends. Bounded: an answer beyond `REPLY_CHARS_MAX` is kept up to there and marked as cut.
 */
import type { Call } from '#domain/call.ts';
import type { Pseudonyms } from '#policy/guards/pseudonyms.ts';

export const REPLY_CHARS_MAX = 1_048_576;

export type ContentLevel = 'redacted' | 'full';

/** What is kept of a call: JSON of its body, and the answer as its caller got it. */
export interface SaidInCall {
  /** Null: blocked before it was redacted, where only redacted text is kept. */
  readonly request: string | null;
  readonly reply: string;
  readonly isCut: boolean;
}

export class ContentTap {
  readonly #level: ContentLevel;
  #request: string | null = null;
  #reply: string[] = [];
  #chars = 0;
  #isCut = false;

  constructor(level: ContentLevel) {
    this.#level = level;
  }

  /** As it was asked, before any guard has changed it. */
  asked({ content }: Call): void {
    if (this.#level === 'full') this.#request = JSON.stringify(content.body);
  }

  /** As it goes out: guards have edited it. */
  cleared({ content }: Call): void {
    if (this.#level === 'redacted') this.#request = JSON.stringify(content.body);
  }

  answered(text: string): void {
    const room = REPLY_CHARS_MAX - this.#chars;
    if (text.length > room) this.#isCut = true;
    const kept = text.length > room ? text.slice(0, Math.max(0, room)) : text;
    if (kept === '') return;
    this.#reply.push(kept);
    this.#chars += kept.length;
  }

  /** The caller got real values back in the place of surrogates; redacted text keeps the surrogates. */
  async said(pseudonyms: Pseudonyms | null): Promise<SaidInCall> {
    const reply = this.#reply.join('');
    const isMasked = this.#level === 'redacted' && pseudonyms !== null && !pseudonyms.isEmpty;
    return {
      request: this.#request,
      reply: isMasked ? await pseudonyms.masked(reply) : reply,
      isCut: this.#isCut,
    };
  }
}
