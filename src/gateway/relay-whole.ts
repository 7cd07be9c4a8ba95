/** An answer that comes in one piece: read whole, filtered, translated, and not yet sent. */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import type { Usage } from '#domain/money.ts';
import { translateReply } from '#dialects/translate/translate.ts';
import { inputTokensOf } from '#metering/estimate.ts';
import type { Evidence } from '#policy/guards/evidence.ts';
import type { GuardRun } from '#policy/guards/guard-run.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';

import type { UpstreamReply } from './egress.ts';
import type { Gateway } from './ports.ts';
import { denialOfStop, filterContent } from './stages.ts';
import type { UpstreamBody } from './upstream-body.ts';

/** A whole answer in memory. Vectors of a large batch are the longest that a provider sends. */
export const REPLY_BYTES_MAX = 64 * 1_024 * 1_024;
/** Answers hold more members than requests may: a batch of vectors is a million numbers. */
const REPLY_BOUNDS = { depthMax: 64, membersMax: 20_000_000 };

export interface WholeReply {
  readonly body: string;
  readonly usage: Usage;
  readonly denial: Denial | null;
}

export interface RelayInput {
  readonly call: Call;
  readonly reply: UpstreamReply;
  readonly run: GuardRun;
  readonly evidence: Evidence;
  readonly requestId: string;
  readonly model: string;
}

export async function relayWhole(input: RelayInput, gateway: Gateway): Promise<WholeReply> {
  const { call, reply, run, evidence } = input;
  const { text, body } = await readReply(reply.body);
  const reading = gateway.dialects[reply.dialect].readReply(body);
  const hasText = reading.content.passages.some(
    (passage) => passage.position !== 'metadata' && passage.text !== '',
  );
  const usage = chargedUsage(reading.usage, countedUsage(call, text.length), hasText);
  evidence.passedUnread('sealed', reading.sealedCount);

  if (!run.isIdle) {
    if (reading.isUnscannable)
      throw new Fault('provider-reply-invalid', 'a document too deep to scan');
    const { stop, isEdited } = await filterContent(reading.content, run);
    await run.settled();
    if (stop !== null) return { body: '', usage, denial: denialOfStop(stop) };
    if (isEdited) reading.edited();
  }
  return { body: JSON.stringify(asAsked(input, body, gateway)), usage, denial: null };
}

function asAsked(input: RelayInput, body: JsonObject, { clock }: Gateway): JsonObject {
  const { call, reply, requestId, model } = input;
  if (reply.dialect === call.dialect) return body;
  const createdS = Math.floor(clock.nowMs() / 1_000);
  return translateReply(reply.dialect, body, call.dialect, { model, requestId, createdS });
}

/**
 * What the provider says, unless it says that a prompt or a text was free: a budget that believed
 * that would have no end. A zero is replaced by what we counted.
 */
export function chargedUsage(told: Usage | null, counted: Usage, hasText: boolean): Usage {
  if (told === null) return counted;
  const isFreeInput = told.inputTokens === 0 && counted.inputTokens > 0;
  const isFreeOutput = hasText && told.outputTokens === 0 && counted.outputTokens > 0;
  if (!isFreeInput && !isFreeOutput) return told;
  return {
    inputTokens: isFreeInput ? counted.inputTokens : told.inputTokens,
    outputTokens: isFreeOutput ? counted.outputTokens : told.outputTokens,
    source: 'counted',
  };
}

/** Where a provider does not say: never nothing, because nothing would be free. */
export function countedUsage(call: Call, outputChars: number): Usage {
  const outputTokens = call.action === 'chat' ? Math.max(1, Math.ceil(outputChars / 4)) : 0;
  return { inputTokens: inputTokensOf(call), outputTokens, source: 'counted' };
}

async function readReply(upstream: UpstreamBody): Promise<{ text: string; body: JsonObject }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of upstream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > REPLY_BYTES_MAX) throw new Fault('provider-reply-invalid', 'an answer without end');
  }
  const [only] = chunks;
  const all = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  const text = Buffer.from(all.buffer, all.byteOffset, all.length).toString('utf8');
  // Depth alone: two keys of one name in an answer are the provider's own affair, and what we
  // send on is what we parsed.
  const problem = scanJson(text, REPLY_BOUNDS);
  const body = problem === 'too-deep' ? undefined : parseJson(text);
  if (!isJsonObject(body)) throw new Fault('provider-reply-invalid', 'an answer that is not JSON');
  return { text, body };
}
