/**
 * The one place that opens connections to providers. The secret is added here, after the origin of
 * the request was compared with the origin that the secret belongs to. No redirects, no encodings.
 */
import { Pool } from 'undici';

import { Fault } from '#domain/fault.ts';
import { type KeptSecret, Secret } from '#domain/secret.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { HttpRequest, SecretCarrier } from '#providers/provider.ts';

import { checkedConnector, type Resolve, type TlsMaterial } from './connector.ts';
import { type EgressTimeouts, Exchange } from './exchange.ts';
import type { ProviderPort, UpstreamHead } from './provider-port.ts';

export interface HttpPortOptions {
  readonly baseUrl: URL;
  readonly secret: Secret | KeptSecret | null;
  readonly carrier: SecretCarrier;
  /** The vendor's own headers, names and values by turns. */
  readonly headers: readonly string[];
  readonly allowPrivateAddress: boolean;
  readonly timeouts: EgressTimeouts;
  /** Of bodies. JSON where it is left out. */
  readonly contentType?: string;
  /** POST where it is left out. */
  readonly method?: 'POST' | 'PUT';
  readonly connectionsMax: number;
  readonly resolve?: Resolve;
  readonly tls?: TlsMaterial;
}

/** Receivers of files get bytes; providers get text. */
export interface PortRequest extends Omit<HttpRequest, 'body'> {
  readonly body: string | Uint8Array;
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
    const { baseUrl, timeouts, allowPrivateAddress, resolve, secret, carrier, tls } = options;
    const { contentType = 'application/json' } = options;
    this.#basePath = baseUrl.pathname.replace(/\/$/u, '');
    const value = secret instanceof Secret ? secret.revealFor(baseUrl.origin) : null;
    this.#kept = secret instanceof Secret ? null : secret;
    this.#bare = headersWith(options.headers, contentType);
    this.#headers =
      value === null
        ? this.#bare
        : headersWith([...options.headers, carrier.header, carrier.prefix + value], contentType);
    this.#pool = new Pool(baseUrl.origin, {
      connect: checkedConnector({
        allowPrivateAddress,
        connectTimeoutMs: timeouts.connectMs,
        ...(resolve !== undefined && { resolve }),
        ...(tls !== undefined && { tls }),
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
    request: PortRequest,
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
    request: PortRequest,
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
    request: PortRequest,
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
          method: this.#options.method ?? 'POST',
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

function headersWith(
  own: readonly string[],
  contentType: string,
): Record<'stream' | 'whole', string[]> {
  const always = [
    ...own,
    'content-type',
    contentType,
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
