/**
 * Tells a receiver of usage, through the same port as providers: the address is checked when it is
 * resolved and again when it is connected, and every request has a deadline. What the receiver says
 * beside its status is not kept.
 */
import { Fault } from '#domain/fault.ts';
import type { MeterEvent } from '#domain/meter-event.ts';
import type { Secret } from '#domain/secret.ts';
import {
  cloudEvent,
  type CloudEventsMeter,
  stripeForms,
  type StripeMeter,
} from '#metering/meter-requests.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { timeoutsWithin } from './exchange.ts';
import { HttpPort } from './http-port.ts';

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;
/** What is wrong with what was sent, and would be wrong again. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/** `refused`: it would be refused again. `later`: it may be taken another time. */
export type Told = 'taken' | 'refused' | 'later';

export interface MeterSenderOptions {
  readonly url: URL;
  readonly secret: Secret | null;
  readonly allowPrivateAddress: boolean;
  readonly meter: StripeMeter | CloudEventsMeter;
}

export class MeterSender {
  readonly #options: MeterSenderOptions;
  readonly #port: HttpPort;

  constructor(options: MeterSenderOptions) {
    const { url, secret, allowPrivateAddress, meter } = options;
    this.#options = options;
    this.#port = new HttpPort({
      baseUrl: new URL(url.origin),
      secret,
      carrier: { header: 'authorization', prefix: 'Bearer ' },
      headers: [],
      contentType:
        meter.type === 'stripe'
          ? 'application/x-www-form-urlencoded'
          : 'application/cloudevents-batch+json',
      allowPrivateAddress,
      timeouts: timeoutsWithin(TIMEOUT_MS),
      connectionsMax: 2,
    });
  }

  /** How many are told with one request. */
  get batchMax(): number {
    return this.#options.meter.type === 'stripe' ? 1 : 100;
  }

  async tell(events: readonly MeterEvent[]): Promise<Told> {
    const { meter, url } = this.#options;
    if (meter.type === 'cloudevents') {
      const body = JSON.stringify(events.map((event) => cloudEvent(event, meter)));
      return this.#post(url.pathname + url.search, body, []);
    }
    let told: Told = 'taken';
    for (const form of events.flatMap((event) => stripeForms(event, meter))) {
      const once = ['idempotency-key', form.get('identifier') ?? ''];
      const path = `${url.pathname.replace(/\/$/u, '')}/v1/billing/meter_events`;
      const said = await this.#post(path, form.toString(), once);
      if (said === 'later') return said;
      if (said === 'refused') told = said;
    }
    return told;
  }

  async #post(path: string, body: string, headers: readonly string[]): Promise<Told> {
    try {
      const request = { path, body, isStreamed: false };
      const { status, body: answer } = await this.#port.send(request, new Cancellation(), headers);
      await answer.whole(ANSWER_BYTES_MAX);
      if (status >= 200 && status <= 299) return 'taken';
      return REFUSALS.has(status) ? 'refused' : 'later';
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      return 'later';
    }
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}
