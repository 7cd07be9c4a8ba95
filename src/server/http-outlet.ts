/** Where an answer goes. Every write waits for the socket, and no wait is without an end. */
import type { ServerResponse } from 'node:http';

import { Fault } from '#domain/fault.ts';
import type { Headers, Outlet } from '#gateway/ports.ts';

/** A reader that takes nothing for so long has stopped reading. */
const STALL_MS = 60_000;

export class HttpOutlet implements Outlet {
  readonly #response: ServerResponse;
  readonly #always: Headers;
  readonly #stallMs: number;
  #streamHeaders: Headers = {};

  /** `always`: headers of every answer, whatever it is. */
  constructor(response: ServerResponse, always: Headers, stallMs: number = STALL_MS) {
    this.#response = response;
    this.#always = always;
    this.#stallMs = stallMs;
  }

  get isBegun(): boolean {
    return this.#response.headersSent;
  }

  // A promise, because writing is one of the interface's waits; this one is over at once.
  // oxlint-disable-next-line require-await
  async send(status: number, headers: Headers, body: string): Promise<void> {
    if (this.#response.destroyed) throw gone();
    this.#response.writeHead(status, {
      ...headers,
      ...this.#always,
      'content-length': String(Buffer.byteLength(body)),
    });
    this.#response.end(body);
  }

  prepareStream(headers: Headers): void {
    this.#streamHeaders = headers;
  }

  async write(text: string): Promise<void> {
    if (text === '') return;
    const response = this.#response;
    if (response.destroyed || response.writableEnded) throw gone();
    if (!response.headersSent) response.writeHead(200, { ...this.#streamHeaders, ...this.#always });
    if (response.write(text)) return;
    await this.#drained();
  }

  end(): void {
    this.#response.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const response = this.#response;
      const finish = (fault: Fault | null): void => {
        clearTimeout(timer);
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
      response.on('drain', onDrain).on('close', onClose);
    });
  }
}

const gone = (): Fault => new Fault('client-gone', 'the caller left');
