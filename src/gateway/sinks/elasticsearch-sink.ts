/**
 * Elasticsearch and OpenSearch, `_bulk`. Each document has the key of its record as its id and is created, not
 * indexed: a copy is answered with 409 and counts as taken, also in a data stream. An answer of 200 can
 * hold refusals, so each item is looked at: what is to come later is sent again alone, and a document
 * that is refused (its mapping, its size) is told from a receiver that refuses everything.
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
import { isJsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { HttpSink } from './http-sink.ts';

const CONFLICT = 409;

export interface ElasticsearchSettings {
  readonly render: Render;
  readonly index: string;
  /** Before `/_bulk`, for clusters behind a path. */
  readonly basePath: string;
}

export class ElasticsearchSink extends HttpSink<ElasticsearchSettings> {
  readonly type = 'elasticsearch';

  protected async deliver(events: readonly SinkEvent[], cancellation: Cancellation): Promise<void> {
    const { render, index, basePath } = this.settings;
    const lines = await inTurns(
      events,
      (event) =>
        `${JSON.stringify({ create: { _index: index, _id: sinkKey(event) } })}\n${render(event)}`,
    );
    const message = { path: `${basePath}/_bulk`, body: `${lines.join('\n')}\n` };
    const { status, text } = await this.courier.post(message, cancellation);
    const fault = faultOfStatus(status);
    if (fault !== null) throw new SinkFault(fault);
    judge(events, itemsOf(parseJson(text)));
  }
}

/** The status of each item, in the order of the request; null: it is no answer to a bulk request. */
function itemsOf(answer: JsonValue | undefined): readonly number[] | null {
  const items = isJsonObject(answer) ? answer['items'] : undefined;
  if (!Array.isArray(items)) return null;
  const statuses = items.map((item) => {
    const created = isJsonObject(item) ? item['create'] : undefined;
    return isJsonObject(created) && typeof created['status'] === 'number' ? created['status'] : 0;
  });
  return statuses.includes(0) ? null : statuses;
}

/** Throws for what was not taken: first what may be taken later, then what is refused. */
function judge(events: readonly SinkEvent[], statuses: readonly number[] | null): void {
  if (statuses === null || statuses.length !== events.length) {
    throw new SinkFault('answer-invalid');
  }
  const left: SinkEvent[] = [];
  let isRefused = false;
  for (const [at, event] of events.entries()) {
    const status = statuses[at] ?? 0;
    const fault = status === CONFLICT ? null : faultOfStatus(status);
    if (fault === null) continue;
    left.push(event);
    isRefused ||= fault !== 'overloaded';
  }
  if (left.length > 0) throw new SinkFault(isRefused ? 'refused' : 'overloaded', left);
}
