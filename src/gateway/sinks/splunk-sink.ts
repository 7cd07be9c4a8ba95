/**
 * Splunk's HTTP Event Collector: one JSON object after another in a request. Where the token has
 * indexer acknowledgement on, an answer carries an `ackId` and means "received"; then the sink asks
 * until the indexer has it, within the deadline of the parcel.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { inTurns } from '#audit/sinks/in-turns.ts';
import { faultOfStatus, type Render, type SinkEvent, SinkFault } from '#audit/sinks/sink.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { isJsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { HttpSink } from './http-sink.ts';

const EVENT_PATH = '/services/collector/event';
const ACK_PATH = '/services/collector/ack';
/** Between two questions: longer each time, from the first to the last. */
const ACK_MS = 50;
const ACK_MS_MAX = 1_000;

export interface SplunkSettings {
  readonly render: Render;
  /** The format is JSON: the event is an object, and not a text. */
  readonly isJson: boolean;
  readonly host: string;
  readonly sourcetype: string;
  readonly index: string | null;
  /** A UUID: acknowledgements belong to a channel. */
  readonly channel: string;
}

export class SplunkSink extends HttpSink<SplunkSettings> {
  readonly type = 'splunk';

  protected async deliver(events: readonly SinkEvent[], cancellation: Cancellation): Promise<void> {
    const lines = await inTurns(events, (event) => this.#line(event));
    const answer = await this.#ask(EVENT_PATH, lines.join('\n'), cancellation);
    const ackId = isJsonObject(answer) ? answer['ackId'] : undefined;
    if (typeof ackId === 'number') await this.#acknowledged(ackId, cancellation);
  }

  #line(event: SinkEvent): string {
    const { render, isJson, host, sourcetype, index } = this.settings;
    const { hash } = event;
    const { at, writer, seq } = event.record;
    const text = render(event);
    const fields = { time: Date.parse(at) / 1_000, host, source: 'llmproxy', sourcetype };
    const more = { ...(index !== null && { index }), fields: { writer, seq, hash } };
    const head = JSON.stringify({ ...fields, ...more });
    // The renderer's own text: it is one line of JSON already.
    return `${head.slice(0, -1)},"event":${isJson ? text : JSON.stringify(text)}}`;
  }

  async #acknowledged(ackId: number, cancellation: Cancellation): Promise<void> {
    for (
      let waitMs = ACK_MS;
      !cancellation.isCancelled;
      waitMs = Math.min(ACK_MS_MAX, waitMs * 2)
    ) {
      const path = `${ACK_PATH}?channel=${this.settings.channel}`;
      const answer = await this.#ask(path, JSON.stringify({ acks: [ackId] }), cancellation);
      const acks = isJsonObject(answer) ? answer['acks'] : undefined;
      if (isJsonObject(acks) && acks[String(ackId)] === true) return;
      await delay(waitMs);
    }
    throw new SinkFault('late');
  }

  async #ask(
    path: string,
    body: string,
    cancellation: Cancellation,
  ): Promise<JsonValue | undefined> {
    const headers = ['x-splunk-request-channel', this.settings.channel];
    const { status, text } = await this.courier.post({ path, body, headers }, cancellation);
    const fault = faultOfStatus(status);
    if (fault !== null) throw new SinkFault(fault);
    return parseJson(text);
  }
}
