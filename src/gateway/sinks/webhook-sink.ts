/**
 * Posts records to a webhook that is signed as alerts are (Standard Webhooks 1.0.0). The id of a
 * message is made of the keys of its first and last record: the same parcel has the same id.
 */
import { inTurns } from '#audit/sinks/in-turns.ts';
import {
  faultOfStatus,
  type Render,
  type SinkEvent,
  SinkFault,
  sinkKey,
} from '#audit/sinks/sink.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import { signedHeaders, type SigningKeys } from '../alerts/signature.ts';
import { HttpSink } from './http-sink.ts';

export interface WebhookSettings {
  readonly render: Render;
  /** The format is JSON: records are objects, and not texts. */
  readonly isJson: boolean;
  readonly path: string;
  /** Rejects where one does not open. */
  readonly keys: () => Promise<SigningKeys>;
  readonly nowMs: () => number;
}

export class WebhookSink extends HttpSink<WebhookSettings> {
  readonly type = 'webhook';

  protected async deliver(events: readonly SinkEvent[], cancellation: Cancellation): Promise<void> {
    const { render, isJson, path, keys, nowMs } = this.settings;
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return;
    const id = `aud_${sinkKey(first)}_${sinkKey(last)}`;
    const records = await inTurns(events, (event) =>
      isJson ? render(event) : JSON.stringify(render(event)),
    );
    const body = `{"type":"audit.records","id":"${id}","records":[${records.join(',')}]}`;
    const opened = await keys().catch(() => {
      throw new SinkFault('unauthorized');
    });
    const headers = signedHeaders({ id, body }, opened, nowMs());
    const { status } = await this.courier.post({ path, body, headers }, cancellation);
    const fault = faultOfStatus(status);
    if (fault !== null) throw new SinkFault(fault);
  }
}
