/**
 * What a caller gets at the end: a body, the last events of a stream, or an error in the shape that its
 * client knows. Everything that is owed to the log and the ledger is paid before.
 */
import { nanoUsd, usdText } from '#domain/money.ts';
import { sseText } from '#dialects/sse-event.ts';

import { type Answer, speaksAnthropic } from './answer-read.ts';
import type { CallRecord } from './call-record.ts';
import type { Ending } from './ending.ts';
import { addLimitHeaders } from './limit-headers.ts';
import type { Gateway, HeaderList, Outlet } from './ports.ts';
import { denialAnswer, type ErrorAnswer, faultAnswer, statusOfDenial } from './public-error.ts';

export interface Way {
  readonly outlet: Outlet;
  readonly gateway: Gateway;
}

/** The last byte. A caller that has gone gets nothing, and everything before this is done. */
export function release(
  answer: Answer,
  ending: Ending,
  record: CallRecord,
  way: Way,
): Promise<void> | undefined {
  if (answer.kind === 'stream' && ending.kind !== 'faulted') {
    return endStream(answer.end.last, ending, record, way);
  }
  if (ending.kind !== 'completed') return sendError(ending, record, way);
  sendBody(answer, record, way);
  return undefined;
}

async function endStream(
  last: string,
  ending: Ending,
  record: CallRecord,
  way: Way,
): Promise<void> {
  if (last === '' && ending.kind === 'denied') {
    await sendError(ending, record, way);
    return;
  }
  await way.outlet.write(last);
  way.outlet.end();
}

function sendBody(answer: Answer, record: CallRecord, { outlet, gateway }: Way): void {
  const headers = answerHeaders(record, gateway);
  headers.push('content-type', 'application/json');
  if (answer.kind === 'own') {
    headers.push(...answer.headers);
    outlet.send(record.okStatus, headers, JSON.stringify(answer.body));
    return;
  }
  if (answer.kind !== 'whole') return;
  const cost = record.costNanoUsd;
  if (cost !== null) headers.push('x-llmproxy-cost-usd', usdText(nanoUsd(cost)));
  outlet.send(200, headers, answer.reply.body);
}

async function sendError(
  ending: Exclude<Ending, { kind: 'completed' }>,
  record: CallRecord,
  { outlet, gateway }: Way,
): Promise<void> {
  const { error, headers } = errorAnswer(ending, record, gateway);
  const dialect = gateway.dialects[shapeOf(record)];
  if (outlet.isBegun) {
    // In the middle of a stream the only honest end is the dialect's error event.
    const { call } = record;
    if (call !== null)
      await outlet.write(dialect.openStream(call).failed(error).map(sseText).join(''));
    outlet.end();
    return;
  }
  const all = errorHeaders(record, ending, gateway);
  all.push('content-type', 'application/json', ...headers);
  outlet.send(error.status, all, JSON.stringify(dialect.errorBody(error)), record.holdMs);
}

function errorAnswer(
  ending: Exclude<Ending, { kind: 'completed' }>,
  record: CallRecord,
  { resource }: Gateway,
): ErrorAnswer {
  const { requestId } = record.inbound;
  if (ending.kind === 'faulted') return faultAnswer(ending.fault, requestId);
  const answer = denialAnswer(ending.denial, requestId, resource);
  const status = statusOfDenial(ending.denial, shapeOf(record));
  return { ...answer, error: { ...answer.error, status } };
}

/** Routes that both vendors' clients use answer in the shape that the client speaks. */
export function shapeOf({
  inbound,
}: CallRecord): 'anthropic-messages' | typeof inbound.route.dialect {
  const isShared = inbound.route.serves !== 'call';
  return isShared && speaksAnthropic(inbound.rawHeaders)
    ? 'anthropic-messages'
    : inbound.route.dialect;
}

export function answerHeaders(record: CallRecord, gateway: Gateway): HeaderList {
  const { limitStates, inbound, boundedTokens } = record;
  const headers: HeaderList = [];
  if (boundedTokens !== null) headers.push('x-llmproxy-max-output-tokens', `${boundedTokens}`);
  const { dialect } = inbound.route;
  addLimitHeaders(headers, limitStates, dialect, gateway.clock);
  return headers;
}

/** A limit that refused says what it is, though it holds nothing for the call. */
function errorHeaders(record: CallRecord, ending: Ending, gateway: Gateway): HeaderList {
  const headers = answerHeaders(record, gateway);
  if (ending.kind !== 'denied' || !('state' in ending.denial)) return headers;
  const { state } = ending.denial;
  const { dialect } = record.inbound.route;
  if (state !== null) addLimitHeaders(headers, [state], dialect, gateway.clock);
  return headers;
}
