/**
 * Calls that begin inside this process, over a pair of streams in memory. They come to the same exchange as
 * calls from the network, by the same parser: whatever is refused there is refused here. There is no socket,
 * so no certificate can be shown, and nothing that listens.
 */
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
  type Server,
} from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

import { NODE_HEADERS_MAX } from './check-head.ts';
import type { Exchange } from './listener.ts';

const HEADER_BYTES_MAX = 16_384;
/** What one side has written and the other has not read: beyond it the writer waits. */
const WAITING_BYTES_MAX = 65_536;

export interface InnerCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of the person for whom the call is made: limits and networks of keys count by it. */
  readonly ip: string;
  readonly signal: AbortSignal;
}

export class InnerCalls {
  readonly #server: Server;
  readonly #host: () => string;

  /** `host`: a name that is served. */
  constructor(exchange: Exchange, host: () => string) {
    this.#host = host;
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      insecureHTTPParser: false,
      joinDuplicateHeaders: false,
    });
    this.#server.maxHeadersCount = NODE_HEADERS_MAX;
    this.#server.on('request', exchange);
    this.#server.on('clientError', (_error, socket: Duplex) => socket.destroy());
  }

  /** Resolves with the head of the answer. Rejects where there is none, or `signal` has ended it. */
  post({ path, headers, body, ip, signal }: InnerCall): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options: RequestOptions = {
        method: 'POST',
        path,
        headers: {
          ...headers,
          host: this.#host(),
          'content-length': String(Buffer.byteLength(body)),
        },
        signal,
        createConnection: () => this.#connected(ip),
      };
      const sent = httpRequest(options, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  }

  #connected(ip: string): Duplex {
    const [near, far] = duplexPair({ highWaterMark: WAITING_BYTES_MAX });
    Object.defineProperty(far, 'remoteAddress', { value: ip });
    this.#server.emit('connection', far);
    return near;
  }
}
