/**
 * An `anthropic-messages` reply, whole or streamed, in neutral words. Blocks keep their order.
 * Encrypted thinking (`redacted_thinking`) and blocks of next year have no counterpart; no call that
 * we translate asks for them, and they are passed over.
 */
import { Fault } from '#domain/fault.ts';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { SseEvent } from '../sse-event.ts';
import {
  NO_USAGE,
  type Finish,
  type NeutralReply,
  type NeutralUsage,
  type OpenPart,
  type ReplyPart,
  type ReplyStep,
} from './neutral-reply.ts';
import { countOf, listOf, objectOf, textOf, textOrNull } from './wire.ts';

export function readAnthropicReply(body: JsonObject): NeutralReply {
  const parts: ReplyPart[] = [];
  for (const item of listOf(body['content'])) {
    const part = readBlock(objectOf(item));
    if (part !== null) parts.push(part);
  }
  return {
    parts,
    ending: {
      finish: finishOf(body['stop_reason']),
      stopSequence: textOrNull(body['stop_sequence']),
      usage: isJsonObject(body['usage']) ? usageOf(body['usage'], NO_USAGE) : null,
    },
  };
}

function readBlock(block: JsonObject): ReplyPart | null {
  switch (textOf(block['type'])) {
    case 'text':
      return { kind: 'text', text: textOf(block['text']) };
    case 'thinking': {
      const signature = textOf(block['signature']);
      const text = textOf(block['thinking']);
      return { kind: 'reasoning', text, signature: signature === '' ? null : signature };
    }
    case 'tool_use': {
      const argumentsJson = JSON.stringify(block['input'] ?? {});
      return {
        kind: 'tool-call',
        id: textOf(block['id']),
        name: textOf(block['name']),
        argumentsJson,
      };
    }
    default:
      return null;
  }
}

function finishOf(reason: JsonValue | undefined): Finish {
  switch (textOf(reason)) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'stop_sequence':
      return 'stop-sequence';
    case 'tool_use':
      return 'tool-calls';
    case 'refusal':
      return 'content-filter';
    default:
      return 'stop';
  }
}

/** Counts of a stream are totals; one that is not said again keeps its last value. */
function usageOf(usage: JsonObject, before: NeutralUsage): NeutralUsage {
  const said = (key: string, last: number): number =>
    typeof usage[key] === 'number' ? countOf(usage[key]) : last;
  const cacheReadTokens = said('cache_read_input_tokens', before.cacheReadTokens);
  const cacheWriteTokens = said('cache_creation_input_tokens', before.cacheWriteTokens);
  const plainBefore = before.inputTokens - before.cacheReadTokens - before.cacheWriteTokens;
  const details = objectOf(usage['output_tokens_details']);
  return {
    // Anthropic counts what a cache held apart from the rest.
    inputTokens: said('input_tokens', plainBefore) + cacheReadTokens + cacheWriteTokens,
    outputTokens: said('output_tokens', before.outputTokens),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: countOf(details['thinking_tokens']) || before.reasoningTokens,
  };
}

interface OpenBlock {
  readonly index: number;
  readonly kind: OpenPart['kind'];
  isEmpty: boolean;
}

export class AnthropicReplyReader {
  /** Open blocks by their index on the wire. Closed ones leave. */
  readonly #open = new Map<number, OpenBlock>();
  #count = 0;
  #usage: NeutralUsage | null = null;
  #finish: Finish = 'stop';
  #stopSequence: string | null = null;

  push(event: SseEvent): readonly ReplyStep[] {
    const wire = parseJson(event.data);
    if (!isJsonObject(wire)) throw new Fault('provider-reply-invalid', 'an event is not an object');
    switch (textOf(wire['type'])) {
      case 'message_start':
        this.#counted(objectOf(wire['message']));
        return [{ type: 'start', usage: this.#usage }];
      case 'content_block_start':
        return this.#opens(countOf(wire['index']), objectOf(wire['content_block']));
      case 'content_block_delta':
        return this.#delta(this.#open.get(countOf(wire['index'])), objectOf(wire['delta']));
      case 'content_block_stop':
        return this.#closes(countOf(wire['index']));
      case 'message_delta': {
        const delta = objectOf(wire['delta']);
        this.#finish = finishOf(delta['stop_reason']);
        this.#stopSequence = textOrNull(delta['stop_sequence']);
        this.#counted(wire);
        return [];
      }
      case 'message_stop':
        return [...this.#closesAll(), this.#end()];
      case 'error':
        return [{ type: 'failure' }];
      default:
        // Anthropic adds events without notice and asks clients to pass over unknown ones.
        return [];
    }
  }

  #counted(holder: JsonObject): void {
    const usage = holder['usage'];
    if (isJsonObject(usage)) this.#usage = usageOf(usage, this.#usage ?? NO_USAGE);
  }

  #end(): ReplyStep {
    const ending = { finish: this.#finish, stopSequence: this.#stopSequence, usage: this.#usage };
    return { type: 'end', ending };
  }

  #opens(wireIndex: number, block: JsonObject): readonly ReplyStep[] {
    const part = openPartOf(block);
    if (part === null) return [];
    const index = this.#count;
    this.#count += 1;
    const opened: OpenBlock = { index, kind: part.kind, isEmpty: true };
    this.#open.set(wireIndex, opened);
    const first = textOf(block[part.kind === 'reasoning' ? 'thinking' : 'text']);
    return [{ type: 'open', index, part }, ...this.#text(opened, first)];
  }

  #delta(block: OpenBlock | undefined, delta: JsonObject): readonly ReplyStep[] {
    if (block === undefined) return [];
    switch (textOf(delta['type'])) {
      case 'text_delta':
        return this.#text(block, textOf(delta['text']));
      case 'thinking_delta':
        return this.#text(block, textOf(delta['thinking']));
      case 'input_json_delta':
        return this.#text(block, textOf(delta['partial_json']));
      case 'signature_delta':
        return [{ type: 'signature', index: block.index, signature: textOf(delta['signature']) }];
      default:
        return [];
    }
  }

  #text(block: OpenBlock, text: string): readonly ReplyStep[] {
    if (text === '') return [];
    block.isEmpty = false;
    return [{ type: 'delta', index: block.index, text }];
  }

  #closes(wireIndex: number): readonly ReplyStep[] {
    const block = this.#open.get(wireIndex);
    if (block === undefined) return [];
    this.#open.delete(wireIndex);
    const { index } = block;
    // A tool without arguments gets no delta from Anthropic and `{}` from OpenAI.
    const empty: ReplyStep[] =
      block.kind === 'tool-call' && block.isEmpty ? [{ type: 'delta', index, text: '{}' }] : [];
    return [...empty, { type: 'close', index }];
  }

  #closesAll(): readonly ReplyStep[] {
    return [...this.#open.keys()].flatMap((wireIndex) => this.#closes(wireIndex));
  }
}

function openPartOf(block: JsonObject): OpenPart | null {
  switch (textOf(block['type'])) {
    case 'text':
      return { kind: 'text' };
    case 'thinking':
      return { kind: 'reasoning' };
    case 'tool_use':
      return { kind: 'tool-call', id: textOf(block['id']), name: textOf(block['name']) };
    default:
      return null;
  }
}
