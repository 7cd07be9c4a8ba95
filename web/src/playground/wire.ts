/** A call as each dialect writes it, and the text of its answer as each dialect tells it. */
import type { PlaygroundDialect } from '../../../src/admin/playground-contract.ts';

import { EventCutter } from '../event-reader.ts';
import { isRecord } from '../is-record.ts';
import { t } from '../messages/message.ts';

export const DIALECTS: readonly (readonly [PlaygroundDialect, string])[] = [
  ['openai-chat', t('OpenAI Chat Completions')],
  ['openai-responses', t('OpenAI Responses')],
  ['anthropic-messages', t('Anthropic Messages')],
];

export interface Prompt {
  readonly dialect: PlaygroundDialect;
  readonly model: string;
  readonly system: string;
  readonly text: string;
  readonly isStream: boolean;
}

/** Anthropic wants a bound; it is one that a try-out does not reach. */
const TOKENS_MAX = 1_024;

export function bodyOf({ dialect, model, system, text, isStream }: Prompt): object {
  const stream = isStream ? { stream: true } : {};
  const user = { role: 'user', content: text };
  if (dialect === 'anthropic-messages') {
    const own = system === '' ? {} : { system };
    return { model, max_tokens: TOKENS_MAX, ...own, messages: [user], ...stream };
  }
  if (dialect === 'openai-responses') {
    const own = system === '' ? {} : { instructions: system };
    return { model, ...own, input: text, ...stream };
  }
  const before = system === '' ? [] : [{ role: 'system', content: system }];
  return { model, messages: [...before, user], ...stream };
}

type Json = Readonly<Record<string, unknown>>;

const partOf = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : null);
const listOf = (value: unknown, name: string): readonly unknown[] => {
  const list = partOf(value, name);
  return Array.isArray(list) ? list : [];
};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Of a whole answer; empty where it has none. */
export function wholeText(answer: unknown): string {
  const chat = listOf(answer, 'choices').map((choice) =>
    textOf(partOf(partOf(choice, 'message'), 'content')),
  );
  const messages = listOf(answer, 'content').map((part) => textOf(partOf(part, 'text')));
  const responses = listOf(answer, 'output').flatMap((item) =>
    listOf(item, 'content').map((part) => textOf(partOf(part, 'text'))),
  );
  return [...chat, ...messages, ...responses].join('');
}

/** Why there is no answer, in the words of the data plane; null: there is one. */
export function errorText(answer: unknown): string | null {
  const error = partOf(answer, 'error');
  return isRecord(error) ? textOf(error['message']) : null;
}

function deltaText(event: Json): string {
  const [choice] = listOf(event, 'choices');
  const chat = textOf(partOf(partOf(choice, 'delta'), 'content'));
  if (event['type'] === 'response.output_text.delta') return textOf(event['delta']);
  if (event['type'] === 'content_block_delta') return textOf(partOf(event['delta'], 'text'));
  return chat;
}

/** The last of them that a stream says: `stop`, `content_filter`, `refusal`. */
function endText(event: Json): string | null {
  const [choice] = listOf(event, 'choices');
  const ends = [
    partOf(choice, 'finish_reason'),
    partOf(event['delta'], 'stop_reason'),
    partOf(partOf(event['response'], 'incomplete_details'), 'reason'),
  ];
  return ends.map(textOf).find((one) => one !== '') ?? null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // `[DONE]`, or an answer that was cut off.
    return null;
  }
}

export interface ReadAnswer {
  readonly text: string;
  readonly error: string | null;
  readonly end: string | null;
}

/** Reads an answer piece by piece, a stream or a whole. */
export class AnswerReader {
  readonly #cutter: EventCutter | null;
  #whole = '';
  #text = '';
  #error: string | null = null;
  #end: string | null = null;

  constructor(contentType: string) {
    this.#cutter = contentType.startsWith('text/event-stream') ? new EventCutter() : null;
  }

  push(text: string): void {
    if (this.#cutter === null) {
      this.#whole += text;
      return;
    }
    for (const { data } of this.#cutter.push(text)) {
      const event = jsonOf(data);
      if (!isRecord(event)) continue;
      this.#text += deltaText(event);
      this.#error = errorText(event) ?? this.#error;
      this.#end = endText(event) ?? this.#end;
    }
  }

  read(): ReadAnswer {
    if (this.#cutter !== null) return { text: this.#text, error: this.#error, end: this.#end };
    const whole = jsonOf(this.#whole);
    return { text: wholeText(whole), error: errorText(whole), end: null };
  }
}
