/**
 * One attempt at one receiver, through the same port as providers: the address is checked when it is
 * resolved and again when it is connected, no redirect is followed (it could lead inside), and the
 * whole attempt has a deadline. What the receiver says beside its status is not kept.
 */
import { Fault, type FaultCode, faultCodeOf } from '#domain/fault.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import { timeoutsWithin } from '../exchange.ts';
import { HttpPort } from '../http-port.ts';
import type { UpstreamHead } from '../provider-port.ts';
import { retryAfterOf } from '../upstream-error.ts';
import type { AlertEvent } from './alert.ts';
import { signedHeaders, type SigningKeys } from './signature.ts';

/** More of an answer than this is not read; that it was delivered is known by then. */
const ANSWER_BYTES_MAX = 65_536;
/** Attempts at once at one receiver. */
export const ATTEMPTS_AT_ONCE_MAX = 4;

export interface Delivery {
  /** Null: no answer came. */
  readonly status: number | null;
  readonly fault: FaultCode | null;
  readonly retryAfterMs: number | null;
  readonly ms: number;
}

export interface AlertSender {
  /** Never throws what the network did: that is in the answer. */
  send(event: AlertEvent, cancellation: Cancellation): Promise<Delivery>;
  close(): Promise<void>;
}

export interface AlertSenderOptions {
  readonly url: URL;
  /** Asked for each attempt: keys that are sealed are open for that long. */
  readonly keys: () => MaybePromise<SigningKeys>;
  readonly allowPrivateAddress: boolean;
  readonly timeoutMs: number;
}

export class HttpAlertSender implements AlertSender {
  readonly #port: HttpPort;
  readonly #path: string;
  readonly #keys: AlertSenderOptions['keys'];
  readonly #clock: Clock;

  constructor({ url, keys, allowPrivateAddress, timeoutMs }: AlertSenderOptions, clock: Clock) {
    // Some receivers tell their customers apart by the query, so it is sent with the path.
    this.#path = url.pathname + url.search;
    this.#keys = keys;
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

  async send(event: AlertEvent, cancellation: Cancellation): Promise<Delivery> {
    const clock = this.#clock;
    const startMs = clock.monotonicMs();
    const msSoFar = (): number => Math.round(clock.monotonicMs() - startMs);
    try {
      // The time is of the attempt, not of the alert: a receiver refuses what is old (a replay).
      const headers = signedHeaders(event, await this.#keys(), clock.nowMs());
      const request = { path: this.#path, body: event.body, isStreamed: false };
      const head = await this.#port.send(request, cancellation, headers);
      await finish(head);
      const retryAfterMs = retryAfterOf(head, clock);
      return { status: head.status, fault: null, retryAfterMs, ms: msSoFar() };
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      return { status: null, fault: faultCodeOf(thrown), retryAfterMs: null, ms: msSoFar() };
    }
  }

  async close(): Promise<void> {
    await this.#port.close();
  }
}

/** Reads what is left, so that the connection can be used again. */
async function finish({ body }: UpstreamHead): Promise<void> {
  try {
    await body.whole(ANSWER_BYTES_MAX);
  } catch (thrown) {
    // The status was read: what broke after it does not make a delivered alert undelivered.
    if (!(thrown instanceof Fault)) throw thrown;
  }
}
