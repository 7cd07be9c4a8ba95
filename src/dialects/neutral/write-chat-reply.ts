/** A neutral reply as `openai-chat` writes it: one object, or chunks that end with `[DONE]`. */
import { unreachable } from '#stdx/assert.ts';
import type { JsonObject, JsonValue } from '#stdx/json.ts';

import { sseEvent, type SseEvent } from '../sse-event.ts';
import {
  STREAM_FAILURE,
  type Ending,
  type Finish,
  type NeutralReply,
  type NeutralUsage,
  type OpenPart,
  type ReplyContext,
  type ReplyStep,
} from './neutral-reply.ts';

const FINISH_REASONS = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
} as const satisfies Record<Finish, string>;

/** One choice a reply; usage is the sum that the first reply carries. */
export function writeChatReply(
  replies: readonly NeutralReply[],
  context: ReplyContext,
): JsonObject {
  const usage = replies[0]?.ending.usage ?? null;
  return {
    id: chatId(context),
    object: 'chat.completion',
    created: context.createdS,
    model: context.model,
    choices: replies.map(writeChoice),
    ...(usage === null ? {} : { usage: writeUsage(usage) }),
  };
}

const chatId = ({ requestId }: ReplyContext): string => `chatcmpl-${requestId}`;

function writeChoice({ parts, ending }: NeutralReply, index: number): JsonObject {
  let content: string | null = null;
  let refusal: string | null = null;
  let reasoning = '';
  const toolCalls: JsonObject[] = [];
  for (const part of parts) {
    if (part.kind === 'text') content = (content ?? '') + part.text;
    else if (part.kind === 'refusal') refusal = (refusal ?? '') + part.text;
    else if (part.kind === 'reasoning') reasoning += part.text;
    else {
      const { id, name, argumentsJson } = part;
      toolCalls.push({ id, type: 'function', function: { name, arguments: argumentsJson } });
    }
  }
  return {
    index,
    message: {
      role: 'assistant',
      content,
      refusal,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    },
    logprobs: null,
    finish_reason: FINISH_REASONS[ending.finish],
  };
}

function writeUsage(usage: NeutralUsage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

/** Writes one choice of a stream. The last choice also writes the usage chunk and `[DONE]`. */
export class ChatReplyWriter {
  readonly #context: ReplyContext;
  readonly #choice: number;
  readonly #isLast: boolean;
  /** The number of each open tool call, by the index of its part. */
  readonly #calls = new Map<number, number>();
  readonly #kinds = new Map<number, OpenPart['kind']>();
  #callCount = 0;

  constructor(context: ReplyContext, choice = 0, isLast = true) {
    this.#context = context;
    this.#choice = choice;
    this.#isLast = isLast;
  }

  push(step: ReplyStep): readonly SseEvent[] {
    switch (step.type) {
      case 'start':
        return [this.#chunk({ role: 'assistant', content: '', refusal: null })];
      case 'open':
        return this.#opens(step.index, step.part);
      case 'delta':
        return [this.#chunk(this.#delta(step.index, step.text))];
      case 'signature':
        // Chat has no place for it: the client cannot send this thinking back.
        return [];
      case 'close':
        this.#kinds.delete(step.index);
        this.#calls.delete(step.index);
        return [];
      case 'end':
        return this.#ends(step.ending);
      case 'failure':
        return [failureEvent()];
      default:
        return unreachable(step);
    }
  }

  #opens(index: number, part: OpenPart): readonly SseEvent[] {
    this.#kinds.set(index, part.kind);
    if (part.kind !== 'tool-call') return [];
    const number = this.#callCount;
    this.#callCount += 1;
    this.#calls.set(index, number);
    const { id, name } = part;
    const call = { index: number, id, type: 'function', function: { name, arguments: '' } };
    return [this.#chunk({ tool_calls: [call] })];
  }

  #delta(index: number, text: string): JsonObject {
    switch (this.#kinds.get(index)) {
      case 'reasoning':
        return { reasoning_content: text };
      case 'refusal':
        return { refusal: text };
      case 'tool-call':
        return {
          tool_calls: [{ index: this.#calls.get(index) ?? 0, function: { arguments: text } }],
        };
      case 'text':
      case undefined:
      default:
        return { content: text };
    }
  }

  #ends({ finish, usage }: Ending): readonly SseEvent[] {
    const events = [this.#chunk({}, FINISH_REASONS[finish])];
    if (!this.#isLast) return events;
    if (this.#context.includeUsage === true && usage !== null) {
      events.push(this.#event([], writeUsage(usage)));
    }
    return [...events, sseEvent('', '[DONE]')];
  }

  #chunk(delta: JsonObject, finishReason: string | null = null): SseEvent {
    const choice = { index: this.#choice, delta, logprobs: null, finish_reason: finishReason };
    return this.#event([choice], null);
  }

  #event(choices: JsonValue[], usage: JsonObject | null): SseEvent {
    const { model, createdS, includeUsage } = this.#context;
    const chunk = {
      id: chatId(this.#context),
      object: 'chat.completion.chunk',
      created: createdS,
      model,
      choices,
      ...(includeUsage === true ? { usage } : {}),
    };
    return sseEvent('', JSON.stringify(chunk));
  }
}

function failureEvent(): SseEvent {
  const error = {
    message: STREAM_FAILURE,
    type: 'server_error',
    code: 'provider_failed',
    param: null,
  };
  return sseEvent('', JSON.stringify({ error }));
}
