/** Chat Completions as server-sent events: `chat.completion.chunk`, then `[DONE]`. */
import type { Call } from '#domain/call.ts';
import type { Content } from '#domain/content.ts';
import type { Usage } from '#domain/money.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { ASSISTANT, REASONING, TOOL_NAME } from './claims.ts';
import {
  type ChannelDelta,
  emptyReading,
  type EventReading,
  isUntouched,
  OPENINGS_MAX,
  type PublicError,
  type StreamCodec,
  type ToolOpening,
  type StopCause,
} from './dialect.ts';
import { openaiErrorBody } from './error-body.ts';
import { indexAt, listAt, objectAt } from './fields.ts';
import { joinParts } from './neutral/read-chat-reply.ts';
import { KEEP_ALIVE, rewritten, type SseEvent, sseEvent } from './sse-event.ts';
import { StructuredText } from './structured-text.ts';
import { dropRepeats } from './token-repeats.ts';
import { openaiChatUsage } from './told-usage.ts';
import { constant, elsewhere, list, shape, text, type Visit, Walk } from './walk.ts';

/** Where a delta stands in its chunk: the object that holds it and its name there. */
interface DeltaSlot {
  readonly holder: JsonObject;
  readonly key: string;
  readonly choice: JsonObject;
}

/**
 * A channel each: servers that have renamed one write the same text in both, and two texts in turns
 * on one channel would hide what stands in either.
 */
const TEXT_FIELDS = [
  ['content', ASSISTANT],
  ['refusal', ASSISTANT],
  ['reasoning_content', REASONING],
  ['reasoning', REASONING],
] as const;

const PLAIN_FIELDS: ReadonlySet<string> = new Set(TEXT_FIELDS.map(([field]) => field));

const CALL_FIELDS = [
  ['function', 'arguments', 'arguments'],
  ['custom', 'input', 'custom'],
] as const;

const delta: Record<string, Visit> = {
  role: constant('assistant'),
  ...Object.fromEntries(TEXT_FIELDS.map(([field]) => [field, elsewhere])),
  tool_calls: list(
    shape({
      function: shape({ name: text(TOOL_NAME), arguments: elsewhere }),
      custom: shape({ name: text(TOOL_NAME), input: elsewhere }),
    }),
  ),
  function_call: shape({ name: text(TOOL_NAME), arguments: elsewhere }),
};

/** What is left of a chunk when its deltas are taken out: they are visited as channels. */
const rest = shape({
  object: constant('chat.completion.chunk'),
  choices: list(
    shape({
      finish_reason: constant('stop', 'length', 'tool_calls', 'content_filter', 'function_call'),
      delta: shape(delta),
    }),
  ),
});

const DONE = '[DONE]';

export class OpenAiChatStream implements StreamCodec {
  readonly #wantsUsage: boolean;
  /** The client gets the parts of a content as one text. */
  readonly #isJoined: boolean;
  /** Fields that every chunk repeats: id, created, model. */
  #envelope: JsonObject = { object: 'chat.completion.chunk', choices: [] };
  /** Open channels by choice, in order of birth. */
  readonly #open = new Map<string, number>();
  /** Which tool a channel's arguments are for. */
  readonly #tools = new Map<string, string>();
  /** Calls that the event that was read last begins. */
  #opens: ToolOpening[] = [];
  readonly #structures = new StructuredText(PLAIN_FIELDS);
  readonly #choices = new Set<number>();
  /** Choices of which the client has not got what the provider wrote, at least not at once. */
  readonly #edited = new Set<number>();
  /** Slots of the event that was read last, in the order of its deltas. */
  #slots: DeltaSlot[] = [];

  constructor({ dialect, wantsStreamUsage }: Pick<Call, 'dialect' | 'wantsStreamUsage'>) {
    this.#wantsUsage = wantsStreamUsage;
    this.#isJoined = dialect !== 'openai-chat';
  }

  read(event: SseEvent): EventReading {
    if (event.data === DONE) {
      return { ...emptyReading(event), closes: this.#closeAll(), isEnd: true };
    }
    const wire = event.data === '' ? undefined : parseJson(event.data);
    const reading = emptyReading(event, wire);
    if (!isJsonObject(wire)) {
      // A comment passes; text that is not JSON cannot be scanned and is a failure of the provider.
      return { ...reading, isFailure: event.data !== '' };
    }
    if ((wire['error'] ?? null) !== null) return { ...reading, wire, isFailure: true };
    this.#remember(wire);
    this.#slots = [];
    this.#opens = [];
    const deltas: ChannelDelta[] = [];
    const closes: string[] = [];
    for (const choice of listAt(wire, 'choices')) {
      if (isJsonObject(choice)) this.#choice(choice, deltas, closes);
    }
    const usage = openaiChatUsage(wire);
    const isUsageChunk = usage !== null && listAt(wire, 'choices').length === 0;
    const isHidden = isUsageChunk && !this.#wantsUsage;
    const content = (): Content => restOf(wire);
    const opens = this.#opens;
    return { ...reading, wire, deltas, opens, closes, content, usage, isHidden };
  }

  write(reading: EventReading, texts: readonly string[], isEdited: boolean): readonly SseEvent[] {
    const { wire, event } = reading;
    if (wire === null) return [event];
    let isTouched = isEdited || !isUntouched(reading, texts);
    let isEmptied = texts.length > 0;
    for (const [index, { holder, key, choice }] of this.#slots.entries()) {
      const text = texts[index] ?? '';
      if (holder[key] !== text) this.#edited.add(indexAt(choice));
      holder[key] = text;
      if (text !== '') isEmptied = false;
    }
    for (const choice of listAt(wire, 'choices')) {
      if (!isJsonObject(choice)) continue;
      if (isEdited) this.#edited.add(indexAt(choice));
      // Tokens need not come in the event of their text.
      if (this.#edited.has(indexAt(choice)) && dropRepeats(choice, wire)) isTouched = true;
    }
    if (!isTouched) return [event];
    if (isEmptied && !carriesMore(wire)) return [];
    return [rewritten(event, wire)];
  }

  append(channel: string, text: string): readonly SseEvent[] {
    const [field = '', choiceIndex = '0', callIndex = '0'] = channel.split('/');
    const index = Number(choiceIndex);
    if (field === 'arguments') {
      const call = { index: Number(callIndex), function: { arguments: text } };
      return [this.#chunk(index, { tool_calls: [call] }, null)];
    }
    if (field === 'custom') {
      const call = { index: Number(callIndex), custom: { input: text } };
      return [this.#chunk(index, { tool_calls: [call] }, null)];
    }
    const structure = this.#structures.tail(channel, index, text);
    if (structure !== null) return [this.#chunk(index, structure, null)];
    if (field === 'call') return [this.#chunk(index, { function_call: { arguments: text } }, null)];
    return [this.#chunk(index, { [field]: text }, null)];
  }

  blocked(usage: Usage, why: StopCause = 'content'): readonly SseEvent[] {
    if (this.#choices.size === 0) this.#choices.add(0);
    const finish = why === 'content' ? 'content_filter' : 'length';
    const ends = [...this.#choices].map((index) => this.#chunk(index, {}, finish));
    if (this.#wantsUsage) ends.push(this.#usageChunk(usage));
    return [...ends, sseEvent('', DONE)];
  }

  failed(error: PublicError): readonly SseEvent[] {
    return [sseEvent('', JSON.stringify(openaiErrorBody(error)))];
  }

  keepAlive(): SseEvent {
    return KEEP_ALIVE;
  }

  #remember(wire: JsonObject): void {
    const { id, created, model, system_fingerprint: fingerprint } = wire;
    this.#envelope = { id, object: 'chat.completion.chunk', created, model };
    if (fingerprint !== undefined) this.#envelope['system_fingerprint'] = fingerprint;
  }

  #choice(choice: JsonObject, deltas: ChannelDelta[], closes: string[]): void {
    const index = indexAt(choice);
    this.#choices.add(index);
    const holder = objectAt(choice, 'delta');
    if (this.#isJoined) joinParts(holder);
    if (holder !== null) {
      for (const [key, { position }] of TEXT_FIELDS) {
        this.#delta({ holder, key, choice }, `${key}/${index}`, position, deltas);
      }
      for (const { channel, position, ...slot } of this.#structures.slots(holder, index)) {
        this.#delta({ ...slot, choice }, channel, position, deltas);
      }
      for (const call of listAt(holder, 'tool_calls')) this.#call(call, choice, index, deltas);
      const legacy = objectAt(holder, 'function_call');
      if (legacy !== null) {
        const slot = { holder: legacy, key: 'arguments', choice };
        this.#opening(`call/${index}`, legacy['name'], true);
        this.#delta(slot, `call/${index}`, 'tool-arguments', deltas);
      }
    }
    if (typeof choice['finish_reason'] !== 'string') return;
    for (const [channel, owner] of this.#open) {
      if (owner === index) closes.push(channel);
    }
    for (const channel of closes) this.#open.delete(channel);
  }

  #call(call: JsonValue, choice: JsonObject, index: number, deltas: ChannelDelta[]): void {
    if (!isJsonObject(call)) return;
    const callIndex = indexAt(call);
    for (const [kind, key, field] of CALL_FIELDS) {
      const holder = objectAt(call, kind);
      const channel = `${field}/${index}/${callIndex}`;
      if (holder === null) continue;
      this.#opening(channel, holder['name'], kind === 'function');
      this.#delta({ holder, key, choice }, channel, 'tool-arguments', deltas);
    }
  }

  #opening(channel: string, name: JsonValue | undefined, isJson: boolean): void {
    if (typeof name !== 'string' || name === '') return;
    if (this.#tools.size < OPENINGS_MAX) this.#tools.set(channel, name);
    this.#open.set(channel, Number(channel.split('/')[1]));
    this.#opens.push({ channel, tool: name, isJson });
  }

  #delta(
    slot: DeltaSlot,
    channel: string,
    position: ChannelDelta['position'],
    deltas: ChannelDelta[],
  ): void {
    const text = slot.holder[slot.key];
    if (typeof text !== 'string' || text === '') return;
    const isJson = position === 'tool-arguments' && !channel.startsWith('custom/');
    this.#open.set(channel, Number(channel.split('/')[1]));
    this.#slots.push(slot);
    const tool = this.#tools.get(channel) ?? null;
    deltas.push({ channel, position, text, isSealed: false, isJson, tool });
  }

  #closeAll(): string[] {
    const channels = [...this.#open.keys()];
    this.#open.clear();
    return channels;
  }

  #chunk(index: number, delta: JsonObject, finish: string | null): SseEvent {
    const choices = [{ index, delta, logprobs: null, finish_reason: finish }];
    return sseEvent('', JSON.stringify({ ...this.#envelope, choices }));
  }

  #usageChunk({ inputTokens, outputTokens }: Usage): SseEvent {
    const usage = {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    };
    return sseEvent('', JSON.stringify({ ...this.#envelope, choices: [], usage }));
  }
}

function restOf(wire: JsonObject): Content {
  const walk = new Walk(wire);
  rest(walk, [wire], 0, '');
  return walk.builder.build();
}

/** Whether an event whose texts were all held back still says something: a role, a name, an end. */
function carriesMore(wire: JsonObject): boolean {
  if (wire['usage'] !== undefined && wire['usage'] !== null) return true;
  return listAt(wire, 'choices').some((choice) => {
    if (!isJsonObject(choice)) return false;
    if (typeof choice['finish_reason'] === 'string') return true;
    const delta = objectAt(choice, 'delta') ?? {};
    return Object.entries(delta).some(([key, value]) => {
      if (key === 'tool_calls') return listAt(delta, key).some(namesCall);
      return value !== '' && value !== null && value !== undefined;
    });
  });
}

const namesCall = (call: JsonValue): boolean =>
  isJsonObject(call) &&
  (call['id'] !== undefined || objectAt(call, 'function')?.['name'] !== undefined);
