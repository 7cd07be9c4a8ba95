/**
 * The one place that opens connections to providers. The secret is added here, after the origin of
 * the request was compared with the origin that the secret belongs to. No redirects, no encodings.
 */
import { Pool } from 'undici';

import { Fault } from '#domain/fault.ts';
import { type KeptSecret, Secret } from '#domain/secret.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { HttpRequest, SecretCarrier } from '#providers/provider.ts';

import { checkedConnector, type Resolve } from './connector.ts';
import { type Deadline, deadlines } from './deadlines.ts';
import type { ProviderPort, UpstreamHead } from './provider-port.ts';
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

export interface HttpPortOptions {
  readonly baseUrl: URL;
  readonly secret: Secret | KeptSecret | null;
  readonly carrier: SecretCarrier;
  /** The vendor's own headers, names and values by turns. */
  readonly headers: readonly string[];
  readonly allowPrivateAddress: boolean;
  readonly timeouts: EgressTimeouts;
  readonly connectionsMax: number;
  readonly resolve?: Resolve;
}

export class HttpPort implements ProviderPort {
  readonly #pool: Pool;
  readonly #options: HttpPortOptions;
  readonly #basePath: string;
  /** Flat lists of names and values, made once: undici reads them without copying. */
  readonly #headers: Readonly<Record<'stream' | 'whole', string[]>>;
  /** The same without a secret, for those that are opened for each request. */
  readonly #bare: Readonly<Record<'stream' | 'whole', string[]>>;
  readonly #kept: KeptSecret | null;

  constructor(options: HttpPortOptions) {
    this.#options = options;
    const { baseUrl, timeouts, allowPrivateAddress, resolve, secret, carrier } = options;
    this.#basePath = baseUrl.pathname.replace(/\/$/u, '');
    const value = secret instanceof Secret ? secret.revealFor(baseUrl.origin) : null;
    this.#kept = secret instanceof Secret ? null : secret;
    this.#bare = headersWith(options.headers);
    this.#headers =
      value === null
        ? this.#bare
        : headersWith([...options.headers, carrier.header, carrier.prefix + value]);
    this.#pool = new Pool(baseUrl.origin, {
      connect: checkedConnector({
        allowPrivateAddress,
        connectTimeoutMs: timeouts.connectMs,
        ...(resolve !== undefined && { resolve }),
      }),
      connections: options.connectionsMax,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 30_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 16_384,
    });
  }

  /** `own`: takes the place of the port's secret, for this one request. */
  send(
    request: HttpRequest,
    cancellation: Cancellation,
    more: readonly string[] = [],
    own: KeptSecret | null = null,
  ): Promise<UpstreamHead> {
    const secret = own ?? this.#kept;
    if (secret !== null) return this.#sendOpened(request, cancellation, more, secret);
    const headers = this.#headers[request.isStreamed ? 'stream' : 'whole'];
    return this.#dispatch(
      request,
      cancellation,
      more.length === 0 ? headers : [...headers, ...more],
    );
  }

  /** The secret is opened for this one request, and only for the origin that the request goes to. */
  async #sendOpened(
    request: HttpRequest,
    cancellation: Cancellation,
    more: readonly string[],
    secret: KeptSecret,
  ): Promise<UpstreamHead> {
    const { carrier, baseUrl } = this.#options;
    const value = await secret.openFor(
      baseUrl.origin,
      (plain) => carrier.prefix + plain.toString('utf8'),
    );
    // Without it the call would go out as somebody else's, or as nobody's.
    if (value === null) throw new Fault('secret-unreadable', 'a secret for another origin');
    const headers = this.#bare[request.isStreamed ? 'stream' : 'whole'];
    return await this.#dispatch(request, cancellation, [
      ...headers,
      carrier.header,
      value,
      ...more,
    ]);
  }

  #dispatch(
    request: HttpRequest,
    cancellation: Cancellation,
    headers: string[],
  ): Promise<UpstreamHead> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(
        { timeouts: this.#options.timeouts, isStreamed: request.isStreamed },
        cancellation,
        resolve,
        reject,
      );
      this.#pool.dispatch(
        {
          // A service at the root of its host has no path of its own.
          path: this.#basePath + request.path || '/',
          method: 'POST',
          headers,
          body: request.body,
        },
        exchange,
      );
    });
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

function headersWith(own: readonly string[]): Record<'stream' | 'whole', string[]> {
  const always = [
    ...own,
    'content-type',
    'application/json',
    'accept-encoding',
    'identity',
    'user-agent',
    'llmproxy',
  ];
  return {
    stream: [...always, 'accept', 'text/event-stream'],
    whole: [...always, 'accept', 'application/json'],
  };
}

interface Controller {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** One request and its answer: the deadlines, and what undici calls back. */
class Exchange implements FlowControl {
  readonly #timeouts: EgressTimeouts;
  readonly #isStreamed: boolean;
  readonly #cancellation: Cancellation;
  readonly #resolve: (head: UpstreamHead) => void;
  readonly #reject: (fault: Fault) => void;
  readonly #body = new UpstreamBody();
  readonly #deadline: Deadline;
  /** When the whole exchange must be over, in monotonic milliseconds. */
  readonly #totalAtMs: number;
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
    this.#stop(faultOf(error));
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
    this.#reject(fault);
    this.#body.fail(fault);
    this.#controller?.abort(new Error('stopped'));
  }

  #settle(): void {
    this.#isOver = true;
    deadlines.close(this.#deadline);
    this.#cancellation.off(this.#onCancel);
  }
}

/** By code alone: a message of undici's may quote what was received. */
function faultOf(error: Error): Fault {
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
      return new Fault('provider-unreachable', code === '' ? 'no connection' : code);
  }
}
