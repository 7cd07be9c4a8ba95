/**
 * Posts to one OpenTelemetry collector, through the same port as providers: the address is checked when
 * it is resolved and again when it is connected, no redirect is followed, and each request has a
 * deadline. The headers that the operator gives it go to that origin and nowhere else.
 */
import { Fault } from '#domain/fault.ts';
import { Secret } from '#domain/secret.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Collector, Signal } from '#telemetry/otlp/shipper.ts';
import type { PostAnswer } from '#telemetry/otlp/verdict.ts';

import { timeoutsWithin } from './exchange.ts';
import { HttpPort } from './http-port.ts';
import { retryAfterOf } from './upstream-error.ts';

/** A success is a few bytes. More of an answer than this is not read. */
const ANSWER_BYTES_MAX = 65_536;

export interface CollectorOptions {
  /** Its path is that of all signals; `/v1/traces` and the like are added to it. */
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivateAddress: boolean;
  readonly timeoutMs: number;
}

export class HttpCollector implements Collector {
  readonly #port: HttpPort;
  readonly #clock: Clock;

  constructor(options: CollectorOptions, clock: Clock) {
    const { endpoint, headers, allowPrivateAddress, timeoutMs } = options;
    this.#clock = clock;
    this.#port = new HttpPort({
      baseUrl: endpoint,
      secret: null,
      carrier: { header: 'authorization', prefix: '' },
      headers: Object.entries(headers).flatMap(([name, value]) => [
        name,
        new Secret(value, endpoint.origin).revealFor(endpoint.origin) ?? '',
      ]),
      allowPrivateAddress,
      timeouts: timeoutsWithin(timeoutMs),
      connectionsMax: 3,
    });
  }

  async post(signal: Signal, body: string, cancellation: Cancellation): Promise<PostAnswer> {
    try {
      const request = { path: `/v1/${signal}`, body, isStreamed: false };
      const head = await this.#port.send(request, cancellation);
      const retryAfterMs = retryAfterOf(head, this.#clock);
      const chunks = await head.body.whole(ANSWER_BYTES_MAX);
      const text = Buffer.concat(chunks).toString('utf8');
      return { status: head.status, retryAfterMs, text, isRefused: false };
    } catch (thrown) {
      // A collector that cannot be reached is no trouble of whoever measures.
      if (!(thrown instanceof Fault)) throw thrown;
      const isRefused = thrown.code === 'egress-refused';
      return { status: null, retryAfterMs: null, text: '', isRefused };
    }
  }

  async close(): Promise<void> {
    await this.#port.close();
  }
}
