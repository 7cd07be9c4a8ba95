/**
 * Posts alerts as text to an incoming webhook of Slack, or of what speaks like it. Its address is its
 * secret: it is printed nowhere. The way out is that of every alert: checked addresses, no redirects, a
 * deadline.
 */
import { Fault, faultCodeOf } from '#domain/fault.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';

import { timeoutsWithin } from '../exchange.ts';
import { HttpPort } from '../http-port.ts';
import { retryAfterOf } from '../upstream-error.ts';
import type { AlertEvent } from './alert.ts';
import { type AlertSender, ATTEMPTS_AT_ONCE_MAX, type Delivery } from './alert-sender.ts';
import { textOf } from './alert-text.ts';

const ANSWER_BYTES_MAX = 65_536;

export interface SlackOptions {
  readonly url: URL;
  readonly allowPrivateAddress: boolean;
  readonly timeoutMs: number;
}

export class SlackSender implements AlertSender {
  readonly #port: HttpPort;
  readonly #path: string;
  readonly #clock: Clock;

  constructor({ url, allowPrivateAddress, timeoutMs }: SlackOptions, clock: Clock) {
    this.#path = url.pathname + url.search;
    this.#clock = clock;
    this.#port = new HttpPort({
      baseUrl: new URL(url.origin),
      secret: null,
      carrier: { header: 'authorization', prefix: '' },
      headers: [],
      allowPrivateAddress,
      timeouts: timeoutsWithin(timeoutMs),
      connectionsMax: ATTEMPTS_AT_ONCE_MAX,
    });
  }

  async send({ alert }: AlertEvent, cancellation: Cancellation): Promise<Delivery> {
    const startMs = this.#clock.monotonicMs();
    const msSoFar = (): number => Math.round(this.#clock.monotonicMs() - startMs);
    const { title, lines } = textOf(alert);
    const body = JSON.stringify({
      text: [`*${escaped(title)}*`, ...lines.map(escaped)].join('\n'),
    });
    try {
      const request = { path: this.#path, body, isStreamed: false };
      const head = await this.#port.send(request, cancellation);
      const { status } = head;
      await head.body.whole(ANSWER_BYTES_MAX);
      return { status, fault: null, retryAfterMs: retryAfterOf(head, this.#clock), ms: msSoFar() };
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      return { status: null, fault: faultCodeOf(thrown), retryAfterMs: null, ms: msSoFar() };
    }
  }

  async close(): Promise<void> {
    await this.#port.close();
  }
}

/** The three characters that mean something there; a name must not become a link or a mention. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
