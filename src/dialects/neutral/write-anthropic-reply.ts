/** A neutral reply as `anthropic-messages` writes it: one message, or its events in their order. */
import { unreachable } from '#stdx/assert.ts';
import { isJsonObject, parseJson, type JsonObject } from '#stdx/json.ts';

import { sseEvent, type SseEvent } from '../sse-event.ts';
import {
  NO_USAGE,
  STREAM_FAILURE,
  type Ending,
  type Finish,
  type NeutralReply,
  type NeutralUsage,
  type OpenPart,
  type ReplyContext,
  type ReplyPart,
  type ReplyStep,
} from './neutral-reply.ts';

const STOP_REASONS = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
} as const satisfies Record<Finish, string>;

export function writeAnthropicReply(
  { parts, ending }: NeutralReply,
  context: ReplyContext,
): JsonObject {
  const hasRefusal = parts.some(({ kind }) => kind === 'refusal');
  return {
    ...message(context, ending.usage ?? NO_USAGE),
    content: parts.map(writePart),
    ...stop(ending, hasRefusal),
  };
}

function message({ model, requestId }: ReplyContext, usage: NeutralUsage): JsonObject {
  return {
    id: `msg_${requestId}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: { ...writeUsage(usage), service_tier: null },
  };
}

/** A model of OpenAI that refuses ends with `stop` and a text in a field of its own. */
function stop({ finish, stopSequence }: Ending, hasRefusal: boolean): JsonObject {
  const isRefusal = hasRefusal && finish === 'stop';
  const reason = isRefusal ? 'refusal' : STOP_REASONS[finish];
  return { stop_reason: reason, stop_sequence: stopSequence, stop_details: null };
}

function writePart(part: ReplyPart): JsonObject {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text, citations: null };
    case 'reasoning':
      return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' };
    case 'tool-call': {
      // A call that a provider cut short is not a document; its caller gets no half of it.
      const input = parseJson(part.argumentsJson);
      const { id, name } = part;
      return { type: 'tool_use', id, name, input: isJsonObject(input) ? input : {} };
    }
    default:
      return unreachable(part);
  }
}

function writeUsage(usage: NeutralUsage): JsonObject {
  const cached = usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    input_tokens: Math.max(0, usage.inputTokens - cached),
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  };
}

export class AnthropicReplyWriter {
  readonly #context: ReplyContext;
  readonly #kinds = new Map<number, OpenPart['kind']>();
  #hasRefusal = false;

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  push(step: ReplyStep): readonly SseEvent[] {
    switch (step.type) {
      case 'start':
        // Chat tells the usage at its end, so the counts here may be 0; `message_delta` has them.
        return [
          event('message_start', { message: message(this.#context, step.usage ?? NO_USAGE) }),
        ];
      case 'open':
        return [this.#opens(step.index, step.part)];
      case 'delta':
        return [this.#delta(step.index, step.text)];
      case 'signature': {
        const { index, signature } = step;
        return [blockDelta(index, { type: 'signature_delta', signature })];
      }
      case 'close':
        this.#kinds.delete(step.index);
        return [event('content_block_stop', { index: step.index })];
      case 'end':
        return this.#ends(step.ending);
      case 'failure':
        return [event('error', { error: { type: 'api_error', message: STREAM_FAILURE } })];
      default:
        return unreachable(step);
    }
  }

  #opens(index: number, part: OpenPart): SseEvent {
    this.#kinds.set(index, part.kind);
    if (part.kind === 'refusal') this.#hasRefusal = true;
    return event('content_block_start', { index, content_block: emptyBlock(part) });
  }

  #delta(index: number, text: string): SseEvent {
    const kind = this.#kinds.get(index);
    if (kind === 'tool-call')
      return blockDelta(index, { type: 'input_json_delta', partial_json: text });
    if (kind === 'reasoning') return blockDelta(index, { type: 'thinking_delta', thinking: text });
    return blockDelta(index, { type: 'text_delta', text });
  }

  #ends(ending: Ending): readonly SseEvent[] {
    const usage = writeUsage(ending.usage ?? NO_USAGE);
    const delta = { ...stop(ending, this.#hasRefusal), container: null };
    return [event('message_delta', { delta, usage }), event('message_stop', {})];
  }
}

function emptyBlock(part: OpenPart): JsonObject {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: '', citations: null };
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool-call':
      return { type: 'tool_use', id: part.id, name: part.name, input: {} };
    default:
      return unreachable(part);
  }
}

const event = (type: string, members: JsonObject): SseEvent =>
  sseEvent(type, JSON.stringify({ type, ...members }));

const blockDelta = (index: number, delta: JsonObject): SseEvent =>
  event('content_block_delta', { index, delta });
