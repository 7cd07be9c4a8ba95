/**
 * OpenAI Responses as server-sent events. The full text comes again in every `*.done` event, so
 * those are read as whole documents: by the stream law they get the same edits as the deltas.
 */
import type { Content } from '#domain/content.ts';
import type { Usage } from '#domain/money.ts';
import type { Position } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { ASSISTANT, REASONING, TOOL_ARGUMENTS, TOOL_ARGUMENTS_JSON } from './claims.ts';
import type { EventReading, PublicError, StreamCodec } from './dialect.ts';
import { objectAt, stringOr, tokenCount } from './fields.ts';
import { OpenResponse } from './openai-responses-end.ts';
import { dropLogprobs, replyEventFields } from './openai-responses-fields.ts';
import { KEEP_ALIVE, type SseEvent, sseEvent } from './sse-event.ts';
import { elsewhere, shape, text, type Visit, Walk } from './walk.ts';

/** What the family of `response.X.delta` and `response.X.done` grows. */
interface Growth {
  readonly position: Position;
  readonly isJson: boolean;
}
const GROWTHS: ReadonlyMap<string, Growth> = new Map([
  ['output_text', { position: ASSISTANT.position, isJson: false }],
  ['refusal', { position: ASSISTANT.position, isJson: false }],
  ['function_call_arguments', { position: TOOL_ARGUMENTS.position, isJson: true }],
  ['custom_tool_call_input', { position: TOOL_ARGUMENTS.position, isJson: false }],
  ['reasoning_text', { position: REASONING.position, isJson: false }],
  ['reasoning_summary_text', { position: REASONING.position, isJson: false }],
]);

const FAMILY = /^response\.(?<family>[a-z_]+)\.(?<step>delta|done)$/u;
const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

export function responsesUsage(body: JsonObject): Usage | null {
  const usage = body['usage'];
  if (!isJsonObject(usage)) return null;
  const inputTokens = tokenCount(usage['input_tokens']);
  const outputTokens = tokenCount(usage['output_tokens']);
  if (inputTokens === null || outputTokens === null) return null;
  return { inputTokens, outputTokens, source: 'provider' };
}

const deltaRest = shape({ delta: elsewhere });
const doneRest: Record<string, Visit> = {
  ...replyEventFields,
  text: text(ASSISTANT),
  refusal: text(ASSISTANT),
  input: text(TOOL_ARGUMENTS),
  arguments: text(TOOL_ARGUMENTS_JSON),
};
const otherRest = shape(doneRest);

export class OpenAiResponsesStream implements StreamCodec {
  readonly #response = new OpenResponse();
  /** Added to every sequence number behind an event that we added or left out. */
  #shift = 0;
  #lastSequence = -1;

  read(event: SseEvent): EventReading {
    const wire = event.data === '' || event.data === '[DONE]' ? undefined : parseJson(event.data);
    const reading: EventReading = {
      event,
      wire: null,
      deltas: [],
      closes: [],
      content: () => null,
      usage: null,
      sealedCount: 0,
      isEnd: false,
      isHidden: false,
      isFailure: false,
    };
    if (!isJsonObject(wire)) {
      return { ...reading, isFailure: event.data !== '' && event.data !== '[DONE]' };
    }
    const type = stringOr(wire['type'], event.event);
    const known = { ...reading, wire, content: () => restOf(wire, otherRest) };
    const { family = '', step = '' } = FAMILY.exec(type)?.groups ?? {};
    const growth = GROWTHS.get(family);
    if (growth !== undefined) return this.#grown(known, channelOf(family, wire), step, growth);
    this.#response.observe(type, wire);
    if (type === 'error') return { ...known, isFailure: true };
    if (ENDS.has(type)) {
      const usage = responsesUsage(objectAt(wire, 'response') ?? {});
      return { ...known, usage, isEnd: true, isFailure: type === 'response.failed' };
    }
    return known;
  }

  write(reading: EventReading, texts: readonly string[], isEdited: boolean): readonly SseEvent[] {
    const { wire, event, deltas } = reading;
    if (wire === null) return [event];
    const [delta] = deltas;
    const [text] = texts;
    if (delta !== undefined && text !== undefined) {
      if (text === '') {
        this.#shift -= 1;
        return [];
      }
      this.#response.grow(delta.channel, text);
      wire['delta'] = text;
    }
    const isTouched = isEdited || (delta !== undefined && text !== delta.text);
    if (isTouched) dropLogprobs(wire);
    return [this.#numbered(event, wire, isTouched)];
  }

  append(channel: string, text: string): readonly SseEvent[] {
    const [family = 'output_text', itemId = '', output = '0', part = '0'] = channel.split('/');
    const type = `response.${family}.delta`;
    this.#response.grow(channel, text);
    const indexName = family === 'reasoning_summary_text' ? 'summary_index' : 'content_index';
    const hasPart = !family.startsWith('function') && !family.startsWith('custom');
    return [
      this.#added(type, {
        item_id: itemId,
        output_index: Number(output),
        ...(hasPart ? { [indexName]: Number(part) } : {}),
        delta: text,
        ...(family === 'output_text' ? { logprobs: [] } : {}),
      }),
    ];
  }

  blocked(usage: Usage): readonly SseEvent[] {
    return this.#response.blocked(usage).map(({ type, members }) => this.#added(type, members));
  }

  failed(error: PublicError): readonly SseEvent[] {
    const { message, openaiCode, openaiType, field } = error;
    return [this.#added('error', { code: openaiCode ?? openaiType, message, param: field })];
  }

  keepAlive(): SseEvent {
    return KEEP_ALIVE;
  }

  #grown(known: EventReading, channel: string, step: string, growth: Growth): EventReading {
    const { wire } = known;
    if (wire === null) return known;
    if (step === 'done') return { ...known, closes: [channel] };
    const added = wire['delta'];
    const reading = { ...known, content: () => restOf(wire, deltaRest) };
    if (typeof added !== 'string' || added === '') return reading;
    const delta = { channel, text: added, isSealed: false, ...growth };
    return { ...reading, deltas: [delta] };
  }

  /** An event of ours takes the next number, and moves every later one up. */
  #added(type: string, members: JsonObject): SseEvent {
    this.#shift += 1;
    this.#lastSequence += 1;
    return sseEvent(
      type,
      JSON.stringify({ type, ...members, sequence_number: this.#lastSequence }),
    );
  }

  /** The event's own bytes, unless it was edited or an event before it was added or left out. */
  #numbered(event: SseEvent, wire: JsonObject, isTouched: boolean): SseEvent {
    const number = wire['sequence_number'];
    if (typeof number === 'number') {
      this.#lastSequence = number + this.#shift;
      wire['sequence_number'] = this.#lastSequence;
    }
    const isMoved = this.#shift !== 0 && typeof number === 'number';
    return isTouched || isMoved ? sseEvent(event.event, JSON.stringify(wire)) : event;
  }
}

/** `family/item/output index/part index`: enough to write another delta of the same channel. */
function channelOf(family: string, wire: JsonObject): string {
  const part = wire['content_index'] ?? wire['summary_index'] ?? 0;
  const item = stringOr(wire['item_id'], '').replaceAll('/', '');
  return [family, item, Number(wire['output_index'] ?? 0), Number(part)].join('/');
}

function restOf(wire: JsonObject, visit: Visit): Content {
  const walk = new Walk(wire);
  visit(walk, [wire], 0, '');
  return walk.builder.build();
}
