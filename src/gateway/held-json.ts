/**
 * Tool arguments of a stream: held until they are whole, judged with the name of their tool, and
 * filtered by their values where they are JSON. What is beyond the cap is filtered as text, unless
 * somebody would have judged it: then the answer ends.
 */
import { type Content, ContentBuilder } from '#domain/content.ts';
import { Fault } from '#domain/fault.ts';
import { TOOL_ARGUMENTS, TOOL_ARGUMENTS_JSON } from '#dialects/claims.ts';
import type { GuardedText } from '#policy/guards/guarded-text.ts';
import type { GuardRun } from '#policy/guards/guard-run.ts';
import type { Stop } from '#policy/guards/window.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { filterContent } from './stages.ts';

export const HELD_CHARS_MAX = 262_144;

/** What is held: the arguments of which tool, and whether they are JSON. */
export interface HeldArguments {
  /** `''` where the stream did not say. */
  readonly tool: string;
  readonly isJson: boolean;
}

export class HeldJson implements GuardedText {
  readonly #run: GuardRun;
  readonly #held: HeldArguments;
  #pieces: string[] = [];
  #chars = 0;
  /** From here on the document is too long to hold, and is text. */
  #asText: GuardedText | null = null;
  #stop: Stop | null = null;

  constructor(run: GuardRun, held: HeldArguments) {
    this.#run = run;
    this.#held = held;
  }

  get stop(): Stop | null {
    return this.#stop ?? this.#asText?.stop ?? null;
  }

  get isHolding(): boolean {
    return this.#pieces.length > 0 || (this.#asText?.isHolding ?? false);
  }

  push(delta: string): MaybePromise<string> {
    if (this.#asText !== null) return this.#asText.push(delta);
    this.#pieces.push(delta);
    this.#chars += delta.length;
    if (this.#chars <= HELD_CHARS_MAX) return '';
    this.#stop = this.#run.judgeTooLong();
    if (this.#stop !== null) return '';
    this.#asText = this.#run.open('tool-arguments', true);
    return this.#asText.push(this.#take());
  }

  end(): MaybePromise<string> {
    if (this.#asText !== null) return this.#asText.end();
    const body = { arguments: this.#take() };
    const builder = new ContentBuilder(body);
    const { tool, isJson } = this.#held;
    const place = { holder: body, key: 'arguments', path: 'arguments' };
    builder.addToolCall(tool, place, isJson ? TOOL_ARGUMENTS_JSON : TOOL_ARGUMENTS);
    if (builder.unscannable !== null) {
      throw new Fault('provider-reply-invalid', 'tool arguments too deep to scan');
    }
    return this.#filter(builder.build(), body);
  }

  #filter(content: Content, body: { readonly arguments: string }): MaybePromise<string> {
    return andThen(filterContent(content, this.#run, { isNew: true }), ({ stop }) => {
      this.#stop = stop;
      return stop === null ? body.arguments : '';
    });
  }

  #take(): string {
    const text = this.#pieces.join('');
    this.#pieces = [];
    return text;
  }
}
