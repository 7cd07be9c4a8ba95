/**
 * Server-sent events from bytes, one chunk after another (WHATWG HTML, section 9.2).
 *
 * An event of data, with a name or without, keeps its exact text in `raw`, so a relay that changes
 * nothing sends what it got. What may stand beside them (comments, ids, names that are taken back) is
 * read by no guard and stays here; a comment alone still keeps a connection alive, in our words. Each
 * character is looked at once, however the chunks fall. A reader that has thrown is not used again.
 */
import { Fault } from '#domain/fault.ts';

import { KEEP_ALIVE, type SseEvent } from './sse-event.ts';

/** In UTF-16 code units. A longer line is not an event of a model; it is an attack on memory. */
export const LINE_CHARS_MAX = 1_024 * 1_024;
export const EVENT_CHARS_MAX = 4 * 1_024 * 1_024;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

export class SseReader {
  // Left to itself, the decoder of Node 24 may drop a byte order mark that is not at the start when
  // chunks split characters. The fuzz test found it.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #isStart = true;
  /** The part of the open event, and of its open line, that earlier chunks brought. */
  #raw = '';
  #line = '';
  #event = '';
  #data: string | null = null;
  #hasFields = false;
  /** The open event has a line that no guard will read. */
  #hasUnread = false;
  /** The event before was not handed on as it came. */
  #isReplaced = false;
  /** The last character was a CR: a LF that comes next belongs to the same line end. */
  #isAfterCr = false;
  #isTorn = false;

  /** True once the stream ended inside an event. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  push(chunk: Uint8Array): SseEvent[] {
    return this.#feed(this.#decoder.decode(chunk, { stream: true }));
  }

  /**
   * The end of the stream. An unfinished event is discarded, as the standard says. Blank lines and
   * comments that nothing followed are still handed on: their lines are whole.
   */
  end(): SseEvent[] {
    const events = this.#feed(this.#decoder.decode());
    if (this.#line !== '' || this.#hasFields) this.#isTorn = true;
    else if (this.#raw !== '') events.push(this.#dispatch(''));
    return events;
  }

  #feed(decoded: string): SseEvent[] {
    const events: SseEvent[] = [];
    if (decoded === '') return events;
    const text = this.#isStart && decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
    this.#isStart = false;
    let eventAt = 0;
    let lineAt = 0;
    if (this.#isAfterCr && text.charCodeAt(0) === LF) {
      lineAt = 1;
      // The rest of a line end that is not handed on.
      if (this.#isReplaced && this.#raw === '') eventAt = 1;
    }
    this.#isAfterCr = text.charCodeAt(text.length - 1) === CR;
    let crAt = text.indexOf('\r', lineAt);
    let lfAt = text.indexOf('\n', lineAt);
    while (crAt !== -1 || lfAt !== -1) {
      const isCr = crAt !== -1 && (lfAt === -1 || crAt < lfAt);
      const endAt = isCr ? crAt : lfAt;
      const nextAt = isCr && lfAt === crAt + 1 ? endAt + 2 : endAt + 1;
      if (this.#lineEnds(text, lineAt, endAt)) {
        events.push(this.#dispatch(text.slice(eventAt, nextAt)));
        eventAt = nextAt;
      }
      lineAt = nextAt;
      // Searched again only when it was passed: a missing CR is looked for once a chunk, not once
      // a line.
      if (crAt !== -1 && crAt < nextAt) crAt = text.indexOf('\r', nextAt);
      if (lfAt !== -1 && lfAt < nextAt) lfAt = text.indexOf('\n', nextAt);
    }
    this.#keep(text, eventAt, lineAt);
    return events;
  }

  /** Takes a whole line; true when it is the blank line that ends an event. */
  #lineEnds(text: string, start: number, end: number): boolean {
    if (this.#line.length + end - start > LINE_CHARS_MAX) throw tooLong('a line');
    const line = this.#line === '' ? text.slice(start, end) : this.#line + text.slice(start, end);
    this.#line = '';
    if (line === '') return true;
    this.#field(line);
    return false;
  }

  #field(line: string): void {
    const colonAt = line.indexOf(':');
    if (colonAt === 0) {
      this.#hasUnread = true;
      return;
    }
    this.#hasFields = true;
    if (line.startsWith('data') && (colonAt === 4 || line.length === 4)) {
      const value = colonAt === 4 ? valueAfter(line, 4) : '';
      // A rope, not a copy: many data lines stay linear.
      this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith('event') && (colonAt === 5 || line.length === 5)) {
      // Of two names the last counts.
      if (this.#event !== '') this.#hasUnread = true;
      this.#event = colonAt === 5 ? valueAfter(line, 5) : '';
    } else this.#hasUnread = true;
  }

  #dispatch(tail: string): SseEvent {
    const raw = this.#raw === '' ? tail : this.#raw + tail;
    if (raw.length > EVENT_CHARS_MAX) throw tooLong('an event');
    // An event without data is not an event to a client: its type means nothing.
    const isUnread = this.#hasUnread || (this.#data === null && this.#event !== '');
    const event: SseEvent =
      this.#data === null
        ? { ...KEEP_ALIVE, raw: isUnread ? KEEP_ALIVE.raw : raw }
        : { event: this.#event, data: this.#data, raw: isUnread ? null : raw };
    this.#raw = '';
    this.#event = '';
    this.#data = null;
    this.#hasFields = false;
    this.#hasUnread = false;
    this.#isReplaced = isUnread;
    return event;
  }

  /** What no line end or no blank line followed yet. Ropes again: nothing is copied here. */
  #keep(text: string, eventAt: number, lineAt: number): void {
    if (lineAt < text.length) this.#line += lineAt === 0 ? text : text.slice(lineAt);
    if (eventAt < text.length) this.#raw += eventAt === 0 ? text : text.slice(eventAt);
    if (this.#line.length > LINE_CHARS_MAX) throw tooLong('a line');
    if (this.#raw.length > EVENT_CHARS_MAX) throw tooLong('an event');
  }
}

const valueAfter = (line: string, colonAt: number): string =>
  line.slice(line.charCodeAt(colonAt + 1) === SPACE ? colonAt + 2 : colonAt + 1);

const tooLong = (what: string): Fault =>
  new Fault('provider-reply-invalid', `${what} of a stream is longer than we read`);
