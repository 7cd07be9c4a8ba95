/**
 * An `openai-chat` reply, whole or streamed, in neutral words.
 *
 * Text passes at once. Tool calls of a stream are held until the finish reason: chat may interleave
 * their pieces, the other dialects write one after the other, and an agent acts on whole calls only.
 * Held text is bounded by `HELD_CHARS_MAX`. Only choice 0 is read: more than one is never asked for.
 */
import { Fault } from '#domain/fault.ts';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { SseEvent } from '../sse-event.ts';
import {
  HELD_CHARS_MAX,
  type Finish,
  type NeutralReply,
  type NeutralUsage,
  type OpenPart,
  type ReplyPart,
  type ReplyStep,
} from './neutral-reply.ts';
import { countOf, listOf, objectOf, textOf, textOrNull } from './wire.ts';

export function readChatReply(body: JsonObject): NeutralReply {
  const choice = objectOf(listOf(body['choices'])[0]);
  const message = objectOf(choice['message']);
  const parts: ReplyPart[] = [];
  const reasoning = reasoningOf(message);
  if (reasoning !== '') parts.push({ kind: 'reasoning', text: reasoning, signature: null });
  const text = saidIn(message['content']);
  if (text !== '') parts.push({ kind: 'text', text });
  const refusal = textOf(message['refusal']);
  if (refusal !== '') parts.push({ kind: 'refusal', text: refusal });
  for (const item of listOf(message['tool_calls'])) {
    const call = objectOf(item);
    const called = objectOf(call['function']);
    const argumentsJson = textOf(called['arguments']);
    parts.push({
      kind: 'tool-call',
      id: textOf(call['id']),
      name: textOf(called['name']),
      argumentsJson,
    });
  }
  const finish = finishOf(choice['finish_reason']);
  return { parts, ending: { finish, stopSequence: null, usage: usageOf(body['usage']) } };
}

/**
 * Brings the message, or a delta of one, into the form in which it is told on: one text and one thinking,
 * whatever parts they came in. Guards read it so: a word may be cut between two parts.
 */
export function joinParts(message: JsonObject | null): void {
  if (message === null || !Array.isArray(message['content'])) return;
  const reasoning = reasoningOf(message);
  if (reasoning !== '') message['reasoning_content'] = reasoning;
  message['content'] = saidIn(message['content']);
}

/** The name that servers other than OpenAI's use for thinking that they show, or a part of the content. */
const reasoningOf = ({ reasoning_content: named, content }: JsonObject): string =>
  textOf(named) +
  listOf(content)
    .map((part) => saidIn(objectOf(part)['thinking']))
    .join('');

/** A string, or parts of which some are text. */
const saidIn = (content: JsonValue | undefined): string =>
  textOf(content) +
  listOf(content)
    .map((part) => textOf(objectOf(part)['text']))
    .join('');

function finishOf(reason: JsonValue | undefined): Finish {
  switch (textOf(reason)) {
    case 'length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
      return 'tool-calls';
    case 'content_filter':
      return 'content-filter';
    default:
      // `stop`, and words of other servers for the same.
      return 'stop';
  }
}

function usageOf(value: JsonValue | undefined): NeutralUsage | null {
  if (!isJsonObject(value)) return null;
  const input = objectOf(value['prompt_tokens_details']);
  const output = objectOf(value['completion_tokens_details']);
  return {
    inputTokens: countOf(value['prompt_tokens']),
    outputTokens: countOf(value['completion_tokens']),
    cacheReadTokens: countOf(input['cached_tokens']),
    cacheWriteTokens: countOf(input['cache_write_tokens']),
    reasoningTokens: countOf(output['reasoning_tokens']),
  };
}

const isDocument = (argumentsJson: string): boolean =>
  argumentsJson === '' || isJsonObject(parseJson(argumentsJson));

interface HeldCall {
  id: string;
  name: string;
  argumentsJson: string;
}

export class ChatReplyReader {
  #isStarted = false;
  #isEnded = false;
  #index = -1;
  #open: OpenPart['kind'] | null = null;
  readonly #calls = new Map<number, HeldCall>();
  #heldChars = 0;
  #finish: Finish = 'stop';
  #usage: NeutralUsage | null = null;

  push(event: SseEvent): readonly ReplyStep[] {
    const steps: ReplyStep[] = [];
    if (this.#isEnded) return steps;
    if (event.data === '[DONE]') {
      this.#isEnded = true;
      this.#start(steps);
      this.#closeAll(steps);
      const ending = { finish: this.#finish, stopSequence: null, usage: this.#usage };
      steps.push({ type: 'end', ending });
      return steps;
    }
    const chunk = parseJson(event.data);
    if (!isJsonObject(chunk)) throw new Fault('provider-reply-invalid', 'a chunk is not an object');
    if (isJsonObject(chunk['error'])) return [{ type: 'failure' }];
    this.#start(steps);
    this.#usage = usageOf(chunk['usage']) ?? this.#usage;
    for (const item of listOf(chunk['choices'])) {
      const choice = objectOf(item);
      if (choice['index'] === undefined || choice['index'] === 0) this.#choice(choice, steps);
    }
    return steps;
  }

  #start(steps: ReplyStep[]): void {
    if (!this.#isStarted) steps.push({ type: 'start', usage: null });
    this.#isStarted = true;
  }

  #choice(choice: JsonObject, steps: ReplyStep[]): void {
    const delta = objectOf(choice['delta']);
    this.#text('reasoning', reasoningOf(delta), steps);
    this.#text('text', saidIn(delta['content']), steps);
    this.#text('refusal', textOf(delta['refusal']), steps);
    for (const item of listOf(delta['tool_calls'])) this.#hold(objectOf(item));
    if (textOrNull(choice['finish_reason']) === null) return;
    this.#finish = finishOf(choice['finish_reason']);
    this.#closeAll(steps);
  }

  #text(kind: 'reasoning' | 'text' | 'refusal', text: string, steps: ReplyStep[]): void {
    if (text === '') return;
    if (this.#open !== kind) {
      this.#closeText(steps);
      this.#index += 1;
      this.#open = kind;
      steps.push({ type: 'open', index: this.#index, part: { kind } });
    }
    steps.push({ type: 'delta', index: this.#index, text });
  }

  #hold(item: JsonObject): void {
    const called = objectOf(item['function']);
    const key = countOf(item['index']);
    const held = this.#calls.get(key) ?? { id: '', name: '', argumentsJson: '' };
    const piece = textOf(called['arguments']);
    held.id ||= textOf(item['id']);
    held.name ||= textOf(called['name']);
    held.argumentsJson += piece;
    this.#calls.set(key, held);
    // An empty piece costs too, so that calls without text are bounded as well.
    this.#heldChars += piece.length + 1;
    if (this.#heldChars > HELD_CHARS_MAX) {
      throw new Fault(
        'provider-reply-invalid',
        'the tool calls of a stream are longer than we hold',
      );
    }
  }

  #closeText(steps: ReplyStep[]): void {
    if (this.#open !== null) steps.push({ type: 'close', index: this.#index });
    this.#open = null;
  }

  #closeAll(steps: ReplyStep[]): void {
    this.#closeText(steps);
    for (const { id, name, argumentsJson } of this.#calls.values()) {
      // A call that a filter cut short is not one to act on, and half a document is not one either.
      if (this.#finish === 'content-filter' && !isDocument(argumentsJson)) continue;
      this.#index += 1;
      const index = this.#index;
      steps.push({ type: 'open', index, part: { kind: 'tool-call', id, name } });
      if (argumentsJson !== '') steps.push({ type: 'delta', index, text: argumentsJson });
      steps.push({ type: 'close', index });
    }
    this.#calls.clear();
  }
}
