/** One request to a provider and its answer: every wait has a deadline, and each fault its code. */
import { Fault } from '#domain/fault.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import { type Deadline, deadlines } from './deadlines.ts';
import type { UpstreamHead } from './provider-port.ts';
import { type FlowControl, UpstreamBody } from './upstream-body.ts';

export interface EgressTimeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly interEventMs: number;
  readonly totalMs: number;
  /** A whole answer that comes slower than this, after the first `interEventMs`, is late. */
  readonly bytesPerSecondMin: number;
}

/** Every wait of an exchange that is over when its whole time is. */
export const timeoutsWithin = (ms: number): EgressTimeouts => ({
  connectMs: ms,
  firstByteMs: ms,
  interEventMs: ms,
  totalMs: ms,
  bytesPerSecondMin: 1,
});

interface Controller {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** What undici calls back. */
export class Exchange implements FlowControl {
  readonly #timeouts: EgressTimeouts;
  readonly #isStreamed: boolean;
  readonly #cancellation: Cancellation;
  readonly #resolve: (head: UpstreamHead) => void;
  readonly #reject: (fault: Fault) => void;
  readonly #body = new UpstreamBody();
  readonly #deadline: Deadline;
  /** When the whole exchange must be over, in monotonic milliseconds. */
  readonly #totalAtMs: number;
  /** Null: there is no connection yet, and nothing of the request has left. */
  #controller: Controller | null = null;
  #isOver = false;
  #isPaused = false;
  #bodyBytes = 0;
  /** When a whole answer would be late by its rate alone, were no more of it to come. */
  #rateFromMs = 0;

  constructor(
    { timeouts, isStreamed }: { timeouts: EgressTimeouts; isStreamed: boolean },
    cancellation: Cancellation,
    resolve: (head: UpstreamHead) => void,
    reject: (fault: Fault) => void,
  ) {
    this.#timeouts = timeouts;
    this.#isStreamed = isStreamed;
    this.#cancellation = cancellation;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#deadline = deadlines.open(() => {
      this.#stop(new Fault('provider-timeout', 'no answer, or no more of it, in time'));
    });
    this.#totalAtMs = this.#deadline.within(timeouts.totalMs);
    // Waiting for a free connection and connecting count as waiting for the first byte.
    this.#wait(timeouts.connectMs + timeouts.firstByteMs);
    cancellation.on(this.#onCancel);
  }

  /** There is a connection, and the request begins to leave by it. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('over'));
  }

  onResponseStart(
    _controller: Controller,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      // We asked for none. Unpacking what we did not ask for is how a small answer fills a memory.
      this.#stop(new Fault('provider-reply-invalid', 'an encoded answer'));
      return;
    }
    this.#body.attach(this);
    this.#wait(this.#timeouts.interEventMs);
    this.#rateFromMs = this.#deadline.atMs;
    this.#resolve({ status, headers, body: this.#body });
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    if (!this.#isStreamed && !this.#isPaused) this.#waitForMore();
    // undici reuses nothing of a chunk after this call, so it needs no copy.
    this.#body.add(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    this.#body.end();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#stop(faultOf(error, this.#controller !== null));
  }

  readonly #onCancel = (reason: Error): void => {
    this.#stop(reason instanceof Fault ? reason : new Fault('client-gone', 'the caller left'));
  };

  /** From here on it is our reader who is slow: the provider is not late. */
  pause(): void {
    this.#isPaused = true;
    if (!this.#isOver) this.#deadline.atMs = this.#totalAtMs;
    this.#controller?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#wait(this.#timeouts.interEventMs);
    this.#controller?.resume();
  }

  abort(): void {
    this.#stop(new Fault('provider-cut', 'cancelled by us'));
  }

  waits(isWaiting: boolean): void {
    if (this.#isOver || this.#isPaused) return;
    if (isWaiting) this.#wait(this.#timeouts.interEventMs);
    else this.#deadline.atMs = this.#totalAtMs;
  }

  /** Silence and drips both have an end: the next bytes, and as many as the rate asks for. */
  #waitForMore(): void {
    const { interEventMs, bytesPerSecondMin } = this.#timeouts;
    const rateAtMs = this.#rateFromMs + (this.#bodyBytes * 1_000) / bytesPerSecondMin;
    if (!this.#isOver) this.#deadline.within(interEventMs, Math.min(rateAtMs, this.#totalAtMs));
  }

  #wait(ms: number): void {
    if (!this.#isOver) this.#deadline.within(ms, this.#totalAtMs);
  }

  #stop(fault: Fault): void {
    if (this.#isOver) return;
    this.#settle();
    this.#reject(this.#controller === null ? unsent(fault) : fault);
    this.#body.fail(fault);
    this.#controller?.abort(new Error('stopped'));
  }

  #settle(): void {
    this.#isOver = true;
    deadlines.close(this.#deadline);
    this.#cancellation.off(this.#onCancel);
  }
}

const unsent = ({ code, message, retryAfterMs, providerCode }: Fault): Fault =>
  new Fault(code, message, { retryAfterMs, providerCode, isUnsent: true });

/**
 * By code alone: a message of undici's may quote what was received. Whatever a connection dies of, a request
 * that was sent on it may have been answered, and is paid for.
 */
function faultOf(error: Error, isSent: boolean): Fault {
  if (error instanceof Fault) return error;
  if (error.cause instanceof Fault) return error.cause;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new Fault('provider-timeout', 'connecting took too long');
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
      return new Fault('provider-cut', 'the connection broke');
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return new Fault('provider-reply-invalid', code);
    default:
      if (code.startsWith('HPE_')) return new Fault('provider-reply-invalid', 'not HTTP');
      return new Fault(
        isSent ? 'provider-cut' : 'provider-unreachable',
        code === '' ? 'no connection' : code,
      );
  }
}
