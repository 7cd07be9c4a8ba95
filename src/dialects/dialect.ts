/**
 * The kind `Dialect`: a wire format that clients or providers speak.
 *
 * A dialect reads and writes; it decides nothing. It says where every piece of text stands, and the
 * relay asks the guards. It splits a stream event into what it carries (`read`) and puts filtered
 * text back (`write`), so that one relay serves every dialect and no dialect can skip a guard.
 */
import type { Action } from '#domain/action.ts';
import type { Call, DialectName } from '#domain/call.ts';
import type { Content } from '#domain/content.ts';
import type { Denial } from '#domain/denial.ts';
import type { BornId } from '#domain/held-state.ts';
import type { Usage } from '#domain/money.ts';
import type { Position } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import { named, type SseEvent } from './sse-event.ts';

/** What a caller is told, before a dialect gives it its shape. */
export interface PublicError {
  readonly status: number;
  readonly message: string;
  /** The path of the field at fault, made of known names only. */
  readonly field: string | null;
  readonly openaiType: string;
  readonly openaiCode: string | null;
  readonly anthropicType: string;
  readonly requestId: string;
}

/** A whole reply. */
export interface ReplyReading {
  readonly usage: Usage | null;
  /** Walks it, once. Where nobody looks at its text, nobody pays for finding it. */
  readonly open: () => ReplyContent;
}

/** Its passages are model text, tool arguments and everything that is unknown. */
export interface ReplyContent {
  readonly content: Content;
  /** Readable or not, what no guard could read; recorded as `not_scanned: sealed`. */
  readonly sealedCount: number;
  /** A document inside a string was too deep to open: what cannot be read is not passed on. */
  readonly isUnscannable: boolean;
  /** Called after edits: what repeats the edited text in another form is dropped. */
  readonly edited: () => void;
}

/** Text that an event adds to a channel: a choice, a content block, a tool call. */
export interface ChannelDelta {
  readonly channel: string;
  readonly position: Position;
  readonly text: string;
  /** Sealed text is scanned and never edited: a finding blocks. */
  readonly isSealed: boolean;
  /** The text is part of a JSON document: held until the channel closes, filtered by its leaves. */
  readonly isJson: boolean;
  /** Of tool arguments: the tool that they are for; null where the stream did not say. */
  readonly tool: string | null;
}

/** A call of a tool begins: its name is in this event, its arguments follow on the channel. */
export interface ToolOpening {
  readonly channel: string;
  readonly tool: string;
  readonly isJson: boolean;
}

/** Tools that a stream may name; what comes later is of no known tool. */
export const OPENINGS_MAX = 1_024;

/** What one stream event carries. */
export interface EventReading {
  /** Null for comments and for events that are not JSON (`[DONE]`). */
  readonly wire: JsonObject | null;
  readonly event: SseEvent;
  readonly deltas: readonly ChannelDelta[];
  /** A call without arguments has no delta, and is a call. */
  readonly opens: readonly ToolOpening[];
  /** Channels that get no more text after this event. */
  readonly closes: readonly string[];
  /**
   * Every other string leaf: whole texts, names, unknown fields. Edited in place in `wire`. A
   * function, because nobody walks it where no guard reads replies.
   */
  readonly content: () => Content | null;
  readonly usage: Usage | null;
  readonly sealedCount: number;
  /** The model has begun to think, whether or not anything of it is shown. */
  readonly isThinking: boolean;
  /** The event that the stream ends with was read: what follows is not a cut. */
  readonly isEnd: boolean;
  /** Events that the client did not ask for (the forced usage chunk) are read and not passed on. */
  readonly isHidden: boolean;
  /** The provider reports that it failed in the middle of the stream. */
  readonly isFailure: boolean;
}

/** An event that carries nothing: what a codec finds in its data is added to this. */
export const emptyReading = (event: SseEvent, data?: JsonValue): EventReading => ({
  event: named(event, isJsonObject(data) ? data['type'] : undefined),
  wire: null,
  deltas: [],
  opens: [],
  closes: [],
  content: () => null,
  usage: null,
  sealedCount: 0,
  isThinking: false,
  isEnd: false,
  isHidden: false,
  isFailure: false,
});

/** Why an answer ends before its end: what it says, or what it costs. */
export type StopCause = 'content' | 'length';

/** Reads and writes one stream. Holds the state of that stream and nothing else. */
export interface StreamCodec {
  read(event: SseEvent): EventReading;
  /**
   * The event with its deltas replaced, in their order. Where nothing changed (`isEdited` says
   * whether `content` was) the event comes back as it is, bytes included. A text of `''` leaves the
   * delta out; an event that carries nothing else is dropped.
   */
  write(reading: EventReading, texts: readonly string[], isEdited: boolean): readonly SseEvent[];
  /** An event that adds `text` to a channel that was seen, written as the provider would. */
  append(channel: string, text: string): readonly SseEvent[];
  /** The dialect's own clean end before the answer's: open blocks are closed, the reason is said. */
  blocked(usage: Usage, why?: StopCause): readonly SseEvent[];
  /** The typed error event of the dialect. Never a fake end. */
  failed(error: PublicError): readonly SseEvent[];
  /** A text that carries no meaning and keeps the client from timing out. */
  keepAlive(): SseEvent;
}

/** Whether every delta is still what the provider wrote. */
export const isUntouched = ({ deltas }: EventReading, texts: readonly string[]): boolean =>
  deltas.every(({ text }, index) => text === texts[index]);

export interface Dialect {
  readonly name: DialectName;
  /** The request as a call with its passages, or the denial that names the field at fault. */
  parse(body: JsonObject, action: Exclude<Action, 'models'>): Result<Call, Denial>;
  /** `client`: the dialect that the answer will be told in. What it joins is read joined. */
  readReply(body: JsonObject, client: DialectName): ReplyReading;
  openStream(call: Call): StreamCodec;
  /** Writes into the body of a call that an answer may be of so many tokens at most. */
  boundOutput(body: JsonObject, tokens: number): void;
  /** Ids of state that the provider now holds, in a whole reply or in one event of a stream. */
  bornIds(wire: JsonObject): readonly BornId[];
  errorBody(error: PublicError): JsonObject;
}
