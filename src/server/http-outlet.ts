/** Where an answer goes. Every write waits for the socket, and no wait is without an end. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Fault } from '#domain/fault.ts';
import type { HeaderList, Outlet } from '#gateway/ports.ts';

import type { HeldAnswers } from './held-answers.ts';

/** A reader that takes nothing for so long has stopped reading. */
const STALL_MS = 60_000;
/** The last words to a reader who takes nothing wait this long. */
const LAST_WORDS_MS = 1_000;

export class HttpOutlet implements Outlet {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #always: readonly string[];
  readonly #held: HeldAnswers;
  #stallMs = STALL_MS;
  #streamHeaders: HeaderList = [];
  /** Writes that wait for the reader: one of the relay, one keep-alive at most. */
  #waiting: Set<(fault: Fault) => void> | null = null;

  /** `always`: headers of every answer, whatever it is; names and values by turns. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    always: readonly string[],
    held: HeldAnswers,
  ) {
    this.#request = request;
    this.#response = response;
    this.#always = always;
    this.#held = held;
  }

  /** Told when the answer is held back: all that is left of the request is to send it. */
  onHeld: () => void = () => {};

  get isBegun(): boolean {
    return this.#response.headersSent;
  }

  send(status: number, headers: HeaderList, body: string, holdMs = 0): void {
    if (this.#response.destroyed) throw gone();
    if (holdMs > 0) {
      if (this.#held.hold(this.#response, holdMs, () => this.#send(status, headers, body))) {
        this.onHeld();
        return;
      }
      // So many wait that one more connection would be one too many.
      this.#response.setHeader('connection', 'close');
    }
    this.#send(status, headers, body);
  }

  #send(status: number, headers: HeaderList, body: string): void {
    if (hasMuchUnread(this.#request)) closeSoon(this.#request, this.#response);
    headers.push(...this.#always, 'content-length', `${Buffer.byteLength(body)}`);
    this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  prepareStream(headers: HeaderList): void {
    headers.push(...this.#always);
    this.#streamHeaders = headers;
  }

  async write(text: string): Promise<void> {
    if (text === '') return;
    const response = this.#response;
    if (response.destroyed || response.writableEnded) throw gone();
    if (!response.headersSent) response.writeHead(200, this.#streamHeaders);
    if (response.write(text)) return;
    await this.#drained();
  }

  end(): void {
    this.#response.end();
  }

  /**
   * The call is over, whatever its reader does. A reader who takes nothing could otherwise put off
   * the record of the call, at a shutdown until there is no log to write it to.
   */
  hurry(reason: unknown): void {
    this.#stallMs = Math.min(this.#stallMs, LAST_WORDS_MS);
    const fault = reason instanceof Fault ? reason : gone();
    for (const cut of this.#waiting ?? []) cut(fault);
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const response = this.#response;
      const finish = (fault: Fault | null): void => {
        clearTimeout(timer);
        this.#waiting?.delete(finish);
        response.off('drain', onDrain).off('close', onClose);
        if (fault === null) resolve();
        else reject(fault);
      };
      const onDrain = (): void => finish(null);
      const onClose = (): void => finish(gone());
      const timer = setTimeout(() => {
        finish(gone());
        response.destroy();
      }, this.#stallMs);
      this.#waiting ??= new Set();
      this.#waiting.add(finish);
      response.on('drain', onDrain).on('close', onClose);
    });
  }
}

/** What is left of a short body is read away, and the connection is kept. */
const UNREAD_BYTES_MAX = 65_536;
/** Time for an answer to arrive before the socket goes under a caller that still sends. */
const CLOSE_MS = 250;

function hasMuchUnread({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > UNREAD_BYTES_MAX;
}

/** A long body that was refused is not read to its end: the answer says so, and the socket goes. */
function closeSoon(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('connection', 'close');
  response.once('finish', () => {
    request.pause();
    setTimeout(() => request.socket.destroy(), CLOSE_MS).unref();
  });
}

const gone = (): Fault => new Fault('client-gone', 'the caller left');
