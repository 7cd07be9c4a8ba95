/**
 * OTLP logs over HTTP as JSON (OpenTelemetry protocol 1.x, "OTLP/HTTP" and "JSON Protobuf Encoding":
 * 64-bit integers are strings). An answer of 200 that rejects a part names no records, so the parcel
 * is halved until the one is found.
 */
import { inTurns } from '#audit/sinks/in-turns.ts';
import { faultOfStatus, type Render, type SinkEvent, SinkFault } from '#audit/sinks/sink.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { HttpSink } from './http-sink.ts';

/** SeverityNumber of the logs data model: INFO and WARN. */
const INFO = 9;
const WARN = 13;

export interface OtlpSettings {
  readonly render: Render;
  readonly path: string;
  readonly host: string;
}

export class OtlpSink extends HttpSink<OtlpSettings> {
  readonly type = 'otlp';

  protected async deliver(events: readonly SinkEvent[], cancellation: Cancellation): Promise<void> {
    const { path, host } = this.settings;
    const attributes = [text('service.name', 'llmproxy'), text('host.name', host)];
    const logRecords = await inTurns(events, (event) => this.#logRecord(event));
    const body = JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes },
          scopeLogs: [{ scope: { name: 'llmproxy.audit' }, logRecords }],
        },
      ],
    });
    const answer = await this.courier.post({ path, body }, cancellation);
    const fault = faultOfStatus(answer.status);
    if (fault !== null) throw new SinkFault(fault);
    if (rejects(answer.text)) throw new SinkFault('refused');
  }

  #logRecord(event: SinkEvent): JsonObject {
    const { record, hash } = event;
    const nano = `${BigInt(Date.parse(record.at)) * 1_000_000n}`;
    const isDenied = record.kind === 'deny' || record.decision === 'deny';
    return {
      timeUnixNano: nano,
      observedTimeUnixNano: nano,
      severityNumber: isDenied ? WARN : INFO,
      severityText: isDenied ? 'WARN' : 'INFO',
      eventName: `llmproxy.audit.${record.kind}`,
      body: { stringValue: this.settings.render(event) },
      attributes: [
        text('llmproxy.writer', record.writer),
        { key: 'llmproxy.seq', value: { intValue: String(record.seq) } },
        text('llmproxy.hash', hash),
        ...(record.tenant === undefined ? [] : [text('llmproxy.tenant', record.tenant)]),
        ...(record.requestId === undefined ? [] : [text('llmproxy.request_id', record.requestId)]),
      ],
    };
  }
}

const text = (key: string, stringValue: string): JsonObject => ({ key, value: { stringValue } });

/** A count of zero, or none, is the whole success; servers may warn with a text beside it. */
function rejects(answer: string): boolean {
  const parsed = parseJson(answer);
  const partial = isJsonObject(parsed) ? parsed['partialSuccess'] : undefined;
  const count = isJsonObject(partial) ? Number(partial['rejectedLogRecords'] ?? 0) : 0;
  return count > 0;
}
