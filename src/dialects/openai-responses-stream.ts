/**
 * OpenAI Responses as server-sent events. The full text comes again in every `*.done` event, so
 * those are read as whole documents: by the stream law they get the same edits as the deltas.
 */
import type { Content } from '#domain/content.ts';
import type { Usage } from '#domain/money.ts';
import type { Position } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { ASSISTANT, REASONING, TOOL_ARGUMENTS, TOOL_ARGUMENTS_JSON, TOOL_NAME } from './claims.ts';
import {
  emptyReading,
  type EventReading,
  OPENINGS_MAX,
  type PublicError,
  type StreamCodec,
  type ToolOpening,
  type StopCause,
} from './dialect.ts';
import { indexAt, objectAt, stringOr } from './fields.ts';
import { OpenResponse } from './openai-responses-end.ts';
import { dropLogprobs, replyEventFields } from './openai-responses-fields.ts';
import { KEEP_ALIVE, rewritten, type SseEvent, sseEvent } from './sse-event.ts';
import { responsesUsage } from './told-usage.ts';
import { elsewhere, metadata, shape, text, type Visit, Walk } from './walk.ts';

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
  ['mcp_call_arguments', { position: TOOL_ARGUMENTS.position, isJson: true }],
  ['code_interpreter_call_code', { position: TOOL_ARGUMENTS.position, isJson: false }],
  ['reasoning_text', { position: REASONING.position, isJson: false }],
  ['reasoning_summary_text', { position: REASONING.position, isJson: false }],
]);

/** A family of next year grows text as well, and a word may be cut anywhere in it. */
const UNKNOWN: Growth = { position: 'metadata', isJson: false };

/** Items that call a tool. */
interface ItemCall {
  /** The channel of their arguments, and the field that repeats them. */
  readonly family: string;
  readonly field: string;
  /** Where the type says the name. */
  readonly named?: string;
}
const CALLS: ReadonlyMap<string, ItemCall> = new Map([
  ['function_call', { family: 'function_call_arguments', field: 'arguments' }],
  ['mcp_call', { family: 'mcp_call_arguments', field: 'arguments' }],
  ['custom_tool_call', { family: 'custom_tool_call_input', field: 'input' }],
  [
    'code_interpreter_call',
    { family: 'code_interpreter_call_code', field: 'code', named: 'code_interpreter' },
  ],
]);

const FAMILY = /^response\.(?<family>[^/]+)\.(?<step>delta|done)$/u;
const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

const deltaRest = shape({ delta: elsewhere });
const doneRest: Record<string, Visit> = {
  ...replyEventFields,
  text: text(ASSISTANT),
  refusal: text(ASSISTANT),
  input: text(TOOL_ARGUMENTS),
  arguments: text(TOOL_ARGUMENTS_JSON),
};
const otherRest = shape(doneRest);
/** What repeats a text whole is claimed as its deltas are. */
const repeatRests: Partial<Record<Position, Visit>> = {
  reasoning: shape({ ...doneRest, text: text(REASONING) }),
  metadata: shape({ ...doneRest, text: metadata }),
};
/** An item that begins without arguments: they follow, and it is judged when they are there. */
const startRest = shape({ item: shape({ name: text(TOOL_NAME) }) });

export class OpenAiResponsesStream implements StreamCodec {
  readonly #response = new OpenResponse();
  /** Added to every sequence number behind an event that we added or left out. */
  #shift = 0;
  #lastSequence = -1;
  /** Which tool a channel's arguments are for. */
  readonly #tools = new Map<string, string>();
  /** Open channels of families that nobody knows; what has no end of its own ends with the stream. */
  readonly #unknown = new Set<string>();

  read(event: SseEvent): EventReading {
    const wire = event.data === '' || event.data === '[DONE]' ? undefined : parseJson(event.data);
    if (!isJsonObject(wire)) {
      const isFailure = event.data !== '' && event.data !== '[DONE]';
      return { ...emptyReading(event), isFailure };
    }
    // A type that is said as a name alone is read like any other.
    if (wire['type'] === undefined && event.event !== '') wire['type'] = event.event;
    const reading = emptyReading(event, wire);
    const type = stringOr(wire['type'], '');
    const known = { ...reading, wire, content: () => restOf(wire, otherRest) };
    const { family = '', step = '' } = FAMILY.exec(type)?.groups ?? {};
    const growth = GROWTHS.get(family) ?? (step === 'delta' ? UNKNOWN : undefined);
    if (growth !== undefined) return this.#grown(known, family, step, growth);
    if (type === 'error') return { ...known, isFailure: true };
    if (type === 'response.output_item.added') return this.#itemStart(known, wire);
    if (ENDS.has(type)) {
      const usage = responsesUsage(objectAt(wire, 'response') ?? {});
      const closes = [...this.#unknown];
      return { ...known, closes, usage, isEnd: true, isFailure: type === 'response.failed' };
    }
    if (step === 'done' && this.#unknown.delete(channelOf(family, wire))) {
      const content = (): Content => doneOf(wire, UNKNOWN, null);
      return { ...known, content, closes: [channelOf(family, wire)] };
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
    // Here and not where it is read: what was stopped was never opened for the caller.
    this.#response.observe(stringOr(wire['type'], ''), wire);
    const isTouched = isEdited || (delta !== undefined && text !== delta.text);
    if (isTouched) dropLogprobs(wire);
    return [this.#numbered(event, wire, isTouched)];
  }

  append(channel: string, text: string): readonly SseEvent[] {
    const [family = 'output_text', itemId = '', output = '0', part = '0'] = channel.split('/');
    const type = `response.${family}.delta`;
    this.#response.grow(channel, text);
    const indexName = family === 'reasoning_summary_text' ? 'summary_index' : 'content_index';
    const hasPart = GROWTHS.get(family)?.position !== 'tool-arguments';
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

  blocked(usage: Usage, why: StopCause = 'content'): readonly SseEvent[] {
    return this.#response
      .blocked(usage, why)
      .map(({ type, members }) => this.#added(type, members));
  }

  failed(error: PublicError): readonly SseEvent[] {
    const { message, openaiCode, openaiType, field } = error;
    return [this.#added('error', { code: openaiCode ?? openaiType, message, param: field })];
  }

  keepAlive(): SseEvent {
    return KEEP_ALIVE;
  }

  #grown(known: EventReading, family: string, step: string, growth: Growth): EventReading {
    const { wire } = known;
    if (wire === null) return known;
    const channel = channelOf(family, wire);
    const tool = this.#tools.get(channel) ?? null;
    if (step === 'done') {
      const content = (): Content => doneOf(wire, growth, tool);
      return { ...known, content, closes: [channel] };
    }
    const added = wire['delta'];
    if (typeof added !== 'string') return known;
    const reading = { ...known, content: () => restOf(wire, deltaRest) };
    if (added === '') return reading;
    if (growth === UNKNOWN && this.#unknown.size < OPENINGS_MAX) this.#unknown.add(channel);
    const delta = { channel, text: added, isSealed: false, tool, ...growth };
    return { ...reading, deltas: [delta] };
  }

  #itemStart(known: EventReading, wire: JsonObject): EventReading {
    const item = objectAt(wire, 'item') ?? {};
    const call = CALLS.get(stringOr(item['type'], ''));
    if (call === undefined) return { ...known, isThinking: item['type'] === 'reasoning' };
    const { family, field, named } = call;
    const at = { item_id: item['id'] ?? '', output_index: wire['output_index'] ?? 0 };
    const channel = channelOf(family, at);
    const tool = named ?? stringOr(item['name'], '');
    if (this.#tools.size < OPENINGS_MAX) this.#tools.set(channel, tool);
    if (stringOr(item[field], '') !== '') return known;
    const isJson = field === 'arguments';
    const opens: ToolOpening[] = [{ channel, tool, isJson }];
    return { ...known, opens, content: () => restOf(wire, startRest) };
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
    return isTouched || isMoved ? rewritten(event, wire) : event;
  }
}

/** `family/item/output index/part index`: enough to write another delta of the same channel. */
function channelOf(family: string, wire: JsonObject): string {
  const part = indexAt(
    wire,
    (wire['content_index'] ?? null) === null ? 'summary_index' : 'content_index',
  );
  const item = stringOr(wire['item_id'], '').replaceAll('/', '');
  return [family, item, indexAt(wire, 'output_index'), part].join('/');
}

/** What repeats the arguments of a call is a call: a client may read it instead of the deltas. */
function doneOf(wire: JsonObject, { isJson, position }: Growth, tool: string | null): Content {
  if (position !== 'tool-arguments') return restOf(wire, repeatRests[position] ?? otherRest);
  const walk = new Walk(wire);
  const key =
    ['arguments', 'input', 'code'].find((name) => wire[name] !== undefined) ?? 'arguments';
  const claim = isJson ? TOOL_ARGUMENTS_JSON : TOOL_ARGUMENTS;
  walk.builder.addToolCall(tool ?? '', { holder: wire, key, path: key }, claim);
  shape({ [key]: () => {} })(walk, [wire], 0, '');
  return walk.builder.build();
}

function restOf(wire: JsonObject, visit: Visit): Content {
  const walk = new Walk(wire);
  visit(walk, [wire], 0, '');
  return walk.builder.build();
}
