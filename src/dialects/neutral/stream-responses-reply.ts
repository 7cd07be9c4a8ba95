/**
 * A neutral reply as the numbered events of `openai-responses`.
 *
 * The last event repeats the whole output, so a stream holds its text until it ends: at most
 * `HELD_CHARS_MAX`, then it is a fault.
 */
import { Fault } from '#domain/fault.ts';
import { assert, unreachable } from '#stdx/assert.ts';
import type { JsonObject } from '#stdx/json.ts';

import { sseEvent, type SseEvent } from '../sse-event.ts';
import {
  HELD_CHARS_MAX,
  STREAM_FAILURE,
  type OpenPart,
  type ReplyContext,
  type ReplyPart,
  type ReplyStep,
} from './neutral-reply.ts';
import {
  contentPart,
  finished,
  itemId,
  itemStatus,
  responseShell,
  statusOf,
  writeItem,
} from './write-responses-reply.ts';

interface OpenItem {
  readonly index: number;
  readonly id: string;
  readonly part: OpenPart;
  text: string;
  signature: string | null;
}

interface DoneItem {
  readonly index: number;
  readonly id: string;
  readonly part: ReplyPart;
}

/** What an item costs to hold beside its text: an upper bound of ids, names and numbers. */
const ITEM_CHARS = 512;

export class ResponsesReplyWriter {
  readonly #context: ReplyContext;
  readonly #open = new Map<number, OpenItem>();
  readonly #done: DoneItem[] = [];
  #sequence = 0;
  #heldChars = 0;

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  push(step: ReplyStep): readonly SseEvent[] {
    switch (step.type) {
      case 'start': {
        const response = responseShell(this.#context, 'in_progress');
        return [
          this.#event('response.created', { response }),
          this.#event('response.in_progress', { response }),
        ];
      }
      case 'open':
        return this.#opens(step.index, step.part);
      case 'delta':
        return [this.#delta(this.#item(step.index), step.text)];
      case 'signature':
        this.#hold(step.signature.length);
        this.#item(step.index).signature = step.signature;
        return [];
      case 'close':
        return this.#closes(this.#item(step.index));
      case 'end': {
        const status = statusOf(step.ending);
        const response = finished(this.#context, step.ending, this.#output(status));
        return [this.#event(`response.${status}`, { response })];
      }
      case 'failure':
        return [
          this.#event('error', { code: 'server_error', message: STREAM_FAILURE, param: null }),
        ];
      default:
        return unreachable(step);
    }
  }

  #item(index: number): OpenItem {
    const item = this.#open.get(index);
    assert(item !== undefined, 'a part is opened before it grows, and it is closed once');
    return item;
  }

  #opens(index: number, part: OpenPart): readonly SseEvent[] {
    this.#hold(ITEM_CHARS);
    const opened: OpenItem = {
      index,
      id: itemId(part.kind, index, this.#context),
      part,
      text: '',
      signature: null,
    };
    this.#open.set(index, opened);
    const item = writeItem(replyPart(opened), opened.id, 'in_progress');
    if (Array.isArray(item['content'])) item['content'] = [];
    const added = this.#event('response.output_item.added', { output_index: index, item });
    if (part.kind === 'tool-call') return [added];
    const place = placeOf(opened);
    if (part.kind === 'reasoning') {
      const summary = { type: 'summary_text', text: '' };
      return [
        added,
        this.#event('response.reasoning_summary_part.added', { ...place, part: summary }),
      ];
    }
    const empty = contentPart({ kind: part.kind, text: '' });
    return [added, this.#event('response.content_part.added', { ...place, part: empty })];
  }

  #delta(item: OpenItem, text: string): SseEvent {
    item.text += text;
    this.#hold(text.length);
    const logprobs = item.part.kind === 'text' ? { logprobs: [] } : {};
    const type = `${TEXT_EVENTS[item.part.kind]}.delta`;
    return this.#event(type, { ...placeOf(item), delta: text, ...logprobs });
  }

  #closes(open: OpenItem): readonly SseEvent[] {
    const { index, id } = open;
    const part = replyPart(open);
    this.#open.delete(index);
    this.#done.push({ index, id, part });
    const said = this.#said(open, part);
    const item = writeItem(part, id, 'completed');
    return [...said, this.#event('response.output_item.done', { output_index: index, item })];
  }

  /** The whole text of a part, once as text and once as the part. */
  #said(open: OpenItem, part: ReplyPart): readonly SseEvent[] {
    const place = placeOf(open);
    const type = `${TEXT_EVENTS[part.kind]}.done`;
    if (part.kind === 'tool-call') {
      const { name, argumentsJson } = part;
      return [this.#event(type, { ...place, name, arguments: argumentsJson })];
    }
    if (part.kind === 'reasoning') {
      const { text } = part;
      const summary = { type: 'summary_text', text };
      return [
        this.#event(type, { ...place, text }),
        this.#event('response.reasoning_summary_part.done', { ...place, part: summary }),
      ];
    }
    const { kind, text } = part;
    const whole = kind === 'text' ? { text, logprobs: [] } : { refusal: text };
    return [
      this.#event(type, { ...place, ...whole }),
      this.#event('response.content_part.done', { ...place, part: contentPart({ kind, text }) }),
    ];
  }

  #output(status: 'completed' | 'incomplete'): JsonObject[] {
    const items = this.#done.toSorted((a, b) => a.index - b.index);
    return items.map(({ id, part }, at) =>
      writeItem(part, id, itemStatus(status, at === items.length - 1)),
    );
  }

  #hold(chars: number): void {
    this.#heldChars += chars;
    if (this.#heldChars <= HELD_CHARS_MAX) return;
    throw new Fault('provider-reply-invalid', 'a streamed reply is longer than we hold');
  }

  #event(type: string, members: JsonObject): SseEvent {
    const sequence_number = this.#sequence;
    this.#sequence += 1;
    return sseEvent(type, JSON.stringify({ type, sequence_number, ...members }));
  }
}

const TEXT_EVENTS = {
  text: 'response.output_text',
  refusal: 'response.refusal',
  reasoning: 'response.reasoning_summary_text',
  'tool-call': 'response.function_call_arguments',
} as const satisfies Record<OpenPart['kind'], string>;

function placeOf({ index, id, part }: OpenItem): JsonObject {
  const place = { item_id: id, output_index: index };
  if (part.kind === 'tool-call') return place;
  return part.kind === 'reasoning'
    ? { ...place, summary_index: 0 }
    : { ...place, content_index: 0 };
}

function replyPart({ part, text, signature }: OpenItem): ReplyPart {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { kind: part.kind, text };
    case 'reasoning':
      return { kind: 'reasoning', text, signature };
    case 'tool-call':
      return { ...part, argumentsJson: text };
    default:
      return unreachable(part);
  }
}
