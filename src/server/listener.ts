/**
 * An HTTP/1.1 listener with every bound set: headers, bodies, sockets, requests in flight, time.
 *
 * HTTP/2 ends at the load balancer: its multiplexing is where the memory bombs of the last years
 * were. Keep-alive outlasts a balancer's, so that it is never we who close a connection first.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

import { Fault } from '#domain/fault.ts';
import { assert } from '#stdx/assert.ts';
import { Bag, type Slotted } from '#stdx/bag.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { NODE_HEADERS_MAX } from './check-head.ts';
import { TlsConnections } from './tls-connections.ts';

export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
  /** Revocation lists; null: none are looked at. */
  readonly clientCrl: string | null;
  readonly clientAuth: 'none' | 'optional' | 'required';
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | null;
  readonly connectionsMax: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

/** An exchange whose answer is not finished, and how to end it. */
export class Tracked implements Slotted {
  slot = -1;
  readonly cancellation = new Cancellation();
}

export type Exchange = (request: IncomingMessage, response: ServerResponse) => void;

const CHECK_EVERY_MS = 2_000;
const REQUESTS_PER_SOCKET_MAX = 10_000;
const HEADER_BYTES_MAX = 16_384;
/** How long those who wait at the door are let in, one a turn, before it closes. */
const ACCEPT_MS_MAX = 5_000;
/** A turn of the loop in which nothing happened is shorter. */
const IDLE_TURN_MS = 0.5;
/** How long a connection that is open may still begin a request once no other is taken. */
const LINGER_MS = 500;

export class Listener {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  /** Exchanges whose answer is not finished. */
  readonly #open = new Bag<Tracked>();
  /** Null: a listener without certificates. */
  readonly #tls: TlsConnections | null;
  #accepted = 0;
  #isLeaving = false;
  #isDraining = false;

  constructor(options: ListenerOptions, exchange: Exchange) {
    this.#options = options;
    const server = newServer(options);
    server.maxHeadersCount = NODE_HEADERS_MAX;
    server.maxRequestsPerSocket = REQUESTS_PER_SOCKET_MAX;
    server.maxConnections = options.connectionsMax;
    server.timeout = 0;
    this.#tls = options.tls === null ? null : watchedConnections(server);
    const take = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#isLeaving) response.setHeader('connection', 'close');
      if (this.#tls !== null && !this.#tls.enter(request.socket, response)) {
        // A new connection is asked for its certificate again. There is no route, and no dialect.
        response.writeHead(503, OUTDATED_HEADERS).end();
        return;
      }
      exchange(request, response);
    };
    server.on('connection', () => {
      this.#accepted += 1;
    });
    server.on('request', take);
    // Node would say 100 before anyone could refuse; the exchange says it when it reads the body.
    server.on('checkContinue', take);
    server.on('clientError', answerClientError);
    server.on('upgrade', (_request, socket: Socket) => socket.destroy());
    server.on('connect', (_request, socket: Socket) => socket.destroy());
    this.#server = server;
  }

  /** Calls are still taken; a load balancer is told to send its own elsewhere. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Nothing is taken any more. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** The address that it listens on, which for port 0 is known only now. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const { address, port: bound } = this.#server.address() as AddressInfo;
    return { host: address, port: bound };
  }

  /**
   * Other certificates, for connections from now on; those that wait are closed and those that are busy
   * end with their answer, so that a revoked peer does not go on with an old one. Throws where the files
   * do not fit each other, and then nothing has changed.
   */
  renewTls(tls: TlsOptions): void {
    const server = this.#server;
    assert(server instanceof HttpsServer, 'a listener with certificates has begun with some');
    server.setSecureContext(contextOf(tls));
    this.#tls?.renew();
    server.closeIdleConnections();
  }

  /** Counts an exchange as in flight. Whoever tracks it says when its response has closed. */
  track(tracked: Tracked): void {
    this.#open.add(tracked);
  }

  untrack(tracked: Tracked): void {
    this.#open.remove(tracked);
  }

  /**
   * Stops taking connections, lets exchanges finish, and after `limitMs` ends those that do not.
   * `http.Server.close` would close idle sockets at once, under requests that are on their way:
   * the net server stops listening, and each answer says `connection: close` instead.
   *
   * For `delayMs` before that it goes on as before, but that readiness says no: a load balancer has seen it
   * by the end of that time, and nothing of it is on its way when the doors close.
   */
  async drain(limitMs: number, delayMs = 0): Promise<void> {
    this.#isLeaving = true;
    if (delayMs > 0) await sleep(delayMs);
    const untilMs = performance.now() + limitMs;
    await this.#acceptWaiting(Math.min(untilMs, performance.now() + ACCEPT_MS_MAX));
    const closed = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
    const lingerMs = performance.now() + (delayMs > 0 ? LINGER_MS : 0);
    // What comes on a connection that is open was let in: it is answered, and the connection ends with it.
    // Behind a balancer one that was accepted a moment ago has its request on the way, and is waited for too.
    await Promise.race([closed, this.#finished(untilMs, Math.min(untilMs, lingerMs))]);
    this.#isDraining = true;
    const reason = new Fault('shutting-down', 'the drain limit was reached');
    for (const { cancellation } of this.#open.all()) cancellation.cancel(reason);
    const cutMs = performance.now() + 500;
    while (this.#open.size > 0 && performance.now() < cutMs) await sleep(10);
    this.#server.closeAllConnections();
    await closed;
  }

  async #finished(untilMs: number, lingerMs: number): Promise<void> {
    while (performance.now() < (this.#open.size > 0 ? untilMs : lingerMs)) await sleep(25);
  }

  /**
   * Until a turn of the loop has found nobody at the door, which is closed in that same turn: the system
   * resets whoever still waits there. A turn accepts one connection (libuv since 1.45), so that after a
   * busy moment a queue of them waits; and while a turn works, more come.
   */
  async #acceptWaiting(untilMs: number): Promise<void> {
    for (let nowMs = performance.now(), isIdle = false; !isIdle && nowMs < untilMs;) {
      const accepted = this.#accepted;
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      const endMs = performance.now();
      isIdle = accepted === this.#accepted && endMs - nowMs < IDLE_TURN_MS;
      nowMs = endMs;
    }
  }
}

const OUTDATED_HEADERS = { connection: 'close', 'content-length': '0', 'retry-after': '0' };

function watchedConnections(server: Server): TlsConnections {
  const connections = new TlsConnections();
  // Before anyone else hears of them: the sockets are taken over by TLS, and requests follow at once.
  server.prependListener('connection', (raw: Socket) => connections.begin(raw));
  server.prependListener('secureConnection', (socket: Socket) => connections.secure(socket));
  return connections;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function newServer(options: ListenerOptions): Server {
  const { tls, headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = options;
  const common: ServerOptions = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
  };
  if (tls === null) return createHttpServer(common);
  return createHttpsServer({
    ...common,
    ...contextOf(tls),
    requestCert: tls.clientAuth !== 'none',
    rejectUnauthorized: tls.clientAuth === 'required',
  });
}

const contextOf = ({ cert, key, clientCa, clientCrl }: TlsOptions): SecureContextOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
  ...(clientCa !== null && { ca: clientCa }),
  ...(clientCrl !== null && { crl: clientCrl }),
});

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What never became a request. There is nothing to route, so the answer has no dialect. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), 500).unref();
}
