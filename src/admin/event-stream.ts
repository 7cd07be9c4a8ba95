/**
 * Server-sent events of the admin API, to readers of any speed. What a reader has not taken waits in a
 * bounded queue; what does not fit is counted, and the reader is told how much it missed before what
 * comes after: nothing is left out in silence. A stream has an end, and goes on only while its caller may.
 */
import type { ServerResponse } from 'node:http';

/** Of one reader; about a megabyte. */
const QUEUED_MAX = 1_000;
/** A comment, so that a proxy does not take silence for death. */
const BEAT_MS = 15_000;
/** How long whoever lost the right goes on reading. */
const PROVE_MS = 10_000;
/** A session is not kept alive for ever by a page that was left open. */
const STREAM_MS_MAX = 15 * 60_000;

export interface AdminEvent {
  readonly event: string;
  /** Of our making: no line ends. */
  readonly id?: string;
  readonly data: unknown;
}

/** Begins to tell; returns how to stop. One that has an end says so, and what waits is told before it. */
export type EventSource = (tell: (event: AdminEvent) => void, end: () => void) => () => void;

export interface StreamRules {
  /** Whether the caller may still read; asked again and again. */
  readonly mayGoOn: () => Promise<boolean>;
  readonly queuedMax?: number;
  readonly proveMs?: number;
  readonly streamMsMax?: number;
}

export const isEventSource = (body: unknown): body is EventSource => typeof body === 'function';

/** JSON on one line: what is in it cannot begin another field or event. */
export const eventText = ({ event, id, data }: AdminEvent): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

export function sendEvents(
  response: ServerResponse,
  source: EventSource,
  rules: StreamRules,
): void {
  if (response.destroyed || response.headersSent) return;
  const stream = new EventStream(response, rules);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  stream.begin(source);
}

class EventStream {
  readonly #response: ServerResponse;
  readonly #rules: StreamRules;
  #queue: string[] = [];
  #missed = 0;
  #isFull = false;
  #isOver = false;
  #isEnding = false;
  #stops: (() => void)[] = [];

  constructor(response: ServerResponse, rules: StreamRules) {
    this.#response = response;
    this.#rules = rules;
  }

  begin(source: EventSource): void {
    const { proveMs = PROVE_MS, streamMsMax = STREAM_MS_MAX } = this.#rules;
    this.#response.on('drain', () => this.#drained());
    this.#response.on('close', () => this.#stop());
    const beat = setInterval(() => {
      if (!this.#isFull) this.#write(': \n\n');
    }, BEAT_MS);
    const prove = setInterval(() => void this.#prove(), proveMs);
    const end = setTimeout(() => this.#end('over'), streamMsMax);
    this.#stops = [() => clearInterval(beat), () => clearInterval(prove), () => clearTimeout(end)];
    const stop = source(
      (event) => this.#tell(event),
      () => this.#finish(),
    );
    // One that had nothing to tell has ended already.
    if (this.#isOver) stop();
    else this.#stops.push(stop);
  }

  #tell(event: AdminEvent): void {
    if (this.#isOver) return;
    const { queuedMax = QUEUED_MAX } = this.#rules;
    // Once one was left out, what follows waits until the reader was told so.
    if (this.#missed > 0 || this.#queue.length >= queuedMax) this.#missed += 1;
    else if (this.#isFull) this.#queue.push(eventText(event));
    else this.#write(eventText(event));
  }

  #drained(): void {
    this.#isFull = false;
    const queue = this.#queue;
    this.#queue = [];
    for (const [at, text] of queue.entries()) {
      if (this.#isFull) {
        this.#queue = queue.slice(at);
        return;
      }
      this.#write(text);
    }
    if (this.#isFull) return;
    if (this.#missed > 0) {
      const data = { count: this.#missed };
      this.#missed = 0;
      this.#write(eventText({ event: 'missed', data }));
    }
    if (this.#isEnding) this.#end('over');
  }

  #finish(): void {
    this.#isEnding = true;
    if (!this.#isFull) this.#end('over');
  }

  #write(text: string): void {
    if (this.#isOver) return;
    if (!this.#response.write(text)) this.#isFull = true;
  }

  async #prove(): Promise<void> {
    // A store that does not answer proves nothing.
    const isProven = await this.#rules.mayGoOn().catch(() => false);
    if (!isProven) this.#end('forbidden');
  }

  #end(reason: 'over' | 'forbidden'): void {
    if (this.#isOver) return;
    const missed = this.#missed + this.#queue.length;
    this.#stop();
    this.#response.end(eventText({ event: 'end', data: { reason, missed } }));
  }

  #stop(): void {
    this.#isOver = true;
    this.#queue = [];
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
