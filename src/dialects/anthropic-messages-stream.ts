/** Anthropic Messages as server-sent events: blocks that open, grow and stop inside one message. */
import type { DialectName } from '#domain/call.ts';
import type { Content } from '#domain/content.ts';
import type { Usage } from '#domain/money.ts';
import type { Position } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { SEALED_REASONING, TOOL_ARGUMENTS, TOOL_NAME } from './claims.ts';
import {
  type ChannelDelta,
  emptyReading,
  type EventReading,
  isUntouched,
  type PublicError,
  type StreamCodec,
  type StopCause,
} from './dialect.ts';
import { anthropicErrorBody } from './error-body.ts';
import { indexAt, objectAt, stringOr } from './fields.ts';
import { joinsBlocks } from './joined-blocks.ts';
import { rewritten, type SseEvent, sseEvent } from './sse-event.ts';
import { anthropicUsage, laterUsage } from './told-usage.ts';
import { elsewhere, sealed, shape, text, type Visit, Walk } from './walk.ts';

/** The field that each kind of delta grows, and how it is treated. */
interface Growth {
  readonly field: string;
  /** The type of the blocks that hold this text. */
  readonly block?: string;
  readonly position: Position;
  readonly isSealed?: boolean;
  readonly isJson?: boolean;
}
const TEXT: Growth = { field: 'text', block: 'text', position: 'assistant' };
const THINKING: Growth = {
  field: 'thinking',
  block: 'thinking',
  position: 'reasoning',
  isSealed: true,
};
const UNKNOWN: Growth = { field: 'text', position: 'metadata' };
const GROWTHS: ReadonlyMap<string, Growth> = new Map([
  ['text_delta', TEXT],
  ['thinking_delta', THINKING],
  ['input_json_delta', { field: 'partial_json', position: 'tool-arguments', isJson: true }],
]);

/** What is left of a delta when the field that it grows is taken out: that one alone is a channel. */
const deltaRest = (...grown: readonly Growth[]): Visit =>
  shape({
    delta: shape({
      ...Object.fromEntries(grown.map(({ field }) => [field, elsewhere])),
      signature: sealed,
    }),
  });
const DELTA_RESTS: ReadonlyMap<string, Visit> = new Map(
  [...GROWTHS].map(([type, growth]) => [type, deltaRest(growth)]),
);
const unknownDeltaRest = deltaRest();
const otherRest = shape({});

interface OpenBlock {
  /** Of a block that calls one. */
  readonly tool: string | null;
  /** What has text, or will have. */
  readonly channels: Set<string>;
}

export class AnthropicMessagesStream implements StreamCodec {
  readonly #blocks = new Map<number, OpenBlock>();
  /** Those that the client has open. What was stopped at its start was never opened for it. */
  readonly #written = new Set<number>();
  /** The client gets the text of all blocks as one: then it is one channel, from the first to the last. */
  readonly #isJoined: boolean;
  readonly #joined = new Set<string>();
  #lastIndex = -1;
  #started: Usage | null = null;
  #slot: { readonly holder: JsonObject; readonly key: string } | null = null;

  constructor(client: DialectName) {
    this.#isJoined = joinsBlocks(client);
  }

  read(event: SseEvent): EventReading {
    const wire = event.data === '' ? undefined : parseJson(event.data);
    const reading = emptyReading(event, wire);
    if (!isJsonObject(wire)) return { ...reading, isFailure: event.data !== '' };
    const known = { ...reading, wire, content: () => restOf(wire, otherRest) };
    switch (stringOr(wire['type'], '')) {
      case 'message_start':
        return { ...known, usage: this.#start(wire) };
      case 'content_block_start':
        return this.#blockStart(known, wire);
      case 'content_block_delta':
        return this.#blockDelta(known, wire);
      case 'content_block_stop':
        return { ...known, closes: this.#stop(wire) };
      case 'message_delta':
        return { ...known, closes: this.#closeAll(), usage: this.#delta(wire) };
      case 'message_stop':
        return { ...known, closes: this.#closeAll(), isEnd: true };
      case 'error':
        return { ...known, isFailure: true };
      default:
        // A type of next year: every string in it is scanned, and it is passed on.
        return known;
    }
  }

  write(reading: EventReading, texts: readonly string[], isEdited: boolean): readonly SseEvent[] {
    const { wire, event } = reading;
    if (wire === null) return [event];
    if (wire['type'] === 'content_block_start') this.#written.add(indexAt(wire));
    if (wire['type'] === 'content_block_stop') this.#written.delete(indexAt(wire));
    if (!isEdited && isUntouched(reading, texts)) return [event];
    const [first] = texts;
    if (first !== undefined && this.#slot !== null) {
      this.#slot.holder[this.#slot.key] = first;
      if (first === '' && wire['type'] === 'content_block_delta') return [];
    }
    return [rewritten(event, wire)];
  }

  append(channel: string, text: string): readonly SseEvent[] {
    const [type = '', place = '0'] = channel.split('/');
    const { field, block, isSealed = false } = GROWTHS.get(type) ?? UNKNOWN;
    if (place === ALL_BLOCKS) this.#lastIndex += 1;
    const index = place === ALL_BLOCKS ? this.#lastIndex : Number(place);
    const delta = { type, [field]: text };
    const grown = this.#event('content_block_delta', { index, delta });
    if (block === undefined || this.#written.has(index)) return [grown];
    // A block of its own: what it was cut from is closed, or was stopped at its start.
    const empty = { type: block, [field]: '', ...(isSealed ? { signature: '' } : {}) };
    return [
      this.#event('content_block_start', { index, content_block: empty }),
      grown,
      this.#event('content_block_stop', { index }),
    ];
  }

  blocked({ outputTokens }: Usage, why: StopCause = 'content'): readonly SseEvent[] {
    const stops = [...this.#written].map((index) => this.#event('content_block_stop', { index }));
    this.#written.clear();
    const reason = why === 'content' ? 'refusal' : 'max_tokens';
    const delta = { stop_reason: reason, stop_sequence: null };
    return [
      ...stops,
      this.#event('message_delta', { delta, usage: { output_tokens: outputTokens } }),
      this.#event('message_stop', {}),
    ];
  }

  failed(error: PublicError): readonly SseEvent[] {
    return [sseEvent('error', JSON.stringify(anthropicErrorBody(error)))];
  }

  keepAlive(): SseEvent {
    return this.#event('ping', {});
  }

  #event(type: string, members: JsonObject): SseEvent {
    return sseEvent(type, JSON.stringify({ type, ...members }));
  }

  #channel(type: string, index: number, { block }: Growth): string {
    return `${type}/${this.#isJoined && block !== undefined ? ALL_BLOCKS : index}`;
  }

  #start(wire: JsonObject): Usage | null {
    this.#started = anthropicUsage(objectAt(wire, 'message')?.['usage']);
    return this.#started;
  }

  #delta(wire: JsonObject): Usage | null {
    const usage = anthropicUsage(wire['usage']);
    return usage === null || this.#started === null ? usage : laterUsage(this.#started, usage);
  }

  #blockStart(known: EventReading, wire: JsonObject): EventReading {
    const block = objectAt(wire, 'content_block') ?? {};
    const index = indexAt(wire);
    this.#lastIndex = Math.max(this.#lastIndex, index);
    const tool = CALLS.test(stringOr(block['type'], '')) ? stringOr(block['name'], '') : null;
    const channel = `${ARGUMENTS}/${index}`;
    // Arguments that stand whole in this event are judged in it; more of them may still follow.
    const opens = tool === null || hasInput(block) ? [] : [{ channel, tool, isJson: true }];
    this.#blocks.set(index, { tool, channels: new Set(opens.map((one) => one.channel)) });
    const isSealed = block['type'] === 'redacted_thinking';
    const [type, growth, rest] = isSealed ? SEALED_START : startOf(block);
    const content = (): Content => restOf(wire, rest);
    const isThinking = isSealed || growth === THINKING;
    const reading = { ...known, content, opens, isThinking, sealedCount: isSealed ? 1 : 0 };
    return this.#grown(reading, block, this.#channel(type, index, growth), growth);
  }

  #blockDelta(known: EventReading, wire: JsonObject): EventReading {
    const delta = objectAt(wire, 'delta') ?? {};
    const type = stringOr(delta['type'], '');
    const growth = GROWTHS.get(type) ?? unknownGrowth(type, delta);
    const rest = DELTA_RESTS.get(type) ?? unknownDeltaRest;
    const reading = { ...known, content: () => restOf(wire, rest) };
    if (growth === undefined)
      return { ...reading, sealedCount: type === 'signature_delta' ? 1 : 0 };
    return this.#grown(reading, delta, this.#channel(type, indexAt(wire), growth), growth);
  }

  #grown(reading: EventReading, holder: JsonObject, channel: string, growth: Growth): EventReading {
    const text = holder[growth.field];
    this.#slot = null;
    if (typeof text !== 'string' || text === '') return reading;
    this.#slot = { holder, key: growth.field };
    const { position, isSealed = false, isJson = false } = growth;
    const place = channel.split('/')[1];
    const block = this.#blocks.get(Number(place));
    (place === ALL_BLOCKS ? this.#joined : block?.channels)?.add(channel);
    const tool = isJson ? (block?.tool ?? null) : null;
    const delta: ChannelDelta = { channel, position, text, isSealed, isJson, tool };
    return { ...reading, deltas: [delta] };
  }

  #stop(wire: JsonObject): string[] {
    const index = indexAt(wire);
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    return block === undefined ? [] : [...block.channels];
  }

  #closeAll(): string[] {
    const ofBlocks = [...this.#blocks.values()].flatMap((block) => [...block.channels]);
    const channels = [...ofBlocks, ...this.#joined];
    this.#blocks.clear();
    this.#joined.clear();
    return channels;
  }
}

/** A delta of next year: where its text stands in the usual field, a word may be cut in it too. */
const unknownGrowth = (type: string, delta: JsonObject): Growth | undefined =>
  typeof delta[UNKNOWN.field] === 'string' && !type.includes('/') ? UNKNOWN : undefined;

/** The place of a channel that no one block holds. */
const ALL_BLOCKS = 'all';

const ARGUMENTS = 'input_json_delta';
/** Blocks that call a tool, of the caller's or of the provider's. */
const CALLS = /^(?:|server_|mcp_)tool_use$/u;

const hasInput = ({ input }: JsonObject): boolean =>
  input !== undefined && !(isJsonObject(input) && Object.keys(input).length === 0);

/** `{}` says that the input follows in deltas. */
const startedInput: Visit = (walk, holder, key, path) => {
  if (Array.isArray(holder) || !hasInput(holder)) return;
  const place = { holder, key: String(key), path };
  walk.builder.addToolCall(stringOr(holder['name'], ''), place, TOOL_ARGUMENTS);
};

const blockFields: Record<string, Visit> = {
  name: text(TOOL_NAME),
  input: startedInput,
  signature: sealed,
};
const textFields = { ...blockFields, text: elsewhere, thinking: text(SEALED_REASONING) };

/** A block may begin with text: it is on the channel of the deltas that go on with it. */
type BlockStart = readonly [type: string, growth: Growth, rest: Visit];
const startWith = (fields: Record<string, Visit>): Visit => shape({ content_block: shape(fields) });
const TEXT_START: BlockStart = ['text_delta', TEXT, startWith(textFields)];
const SEALED_START: BlockStart = ['text_delta', TEXT, startWith({ ...textFields, data: sealed })];
const THINKING_START: BlockStart = [
  'thinking_delta',
  THINKING,
  startWith({ ...blockFields, thinking: elsewhere }),
];
const startOf = ({ type }: JsonObject): BlockStart =>
  type === THINKING.block ? THINKING_START : TEXT_START;

function restOf(wire: JsonObject, visit: ReturnType<typeof shape>): Content {
  const walk = new Walk(wire);
  visit(walk, [wire], 0, '');
  return walk.builder.build();
}
