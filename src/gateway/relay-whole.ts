/** An answer that comes in one piece: read whole, filtered, translated, and not yet sent. */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { Fault, faultCodeOf } from '#domain/fault.ts';
import type { Usage } from '#domain/money.ts';
import type { Passage } from '#domain/passage.ts';
import type { ReplyReading } from '#dialects/dialect.ts';
import { translateReply } from '#dialects/translate/translate.ts';
import { tokenWeightOf } from '#metering/estimate.ts';
import type { Evidence } from '#policy/guards/evidence.ts';
import type { GuardRun } from '#policy/guards/guard-run.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { chargedUsage, countedUsage, withSearch } from './charged-usage.ts';
import type { ContentTap } from './content-tap.ts';
import type { UpstreamReply } from './egress.ts';
import type { BirthWatch } from './held-state.ts';
import type { Gateway } from './ports.ts';
import { digestOfReply } from './reply-digest.ts';
import type { SpendWatch } from './spend-watch.ts';
import { denialOfStop, filterContent } from './stages.ts';
import type { CallTrace } from './tracing/call-trace.ts';
import type { Thinker } from './unseen-thinking.ts';

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
  /** Of the call, as we counted them: what a provider that says nothing is billed by. */
  readonly inputTokens: number;
  /** Null where the call asked for no state. */
  readonly births: BirthWatch | null;
  /** What it comes to, as soon as that is known: an answer that is not passed on is paid for too. */
  readonly told: (usage: Usage) => void;
  /** Null: nothing of what is said is kept. */
  readonly tap: ContentTap | null;
  /** Null: nobody traces calls. */
  readonly trace: CallTrace | null;
  readonly thinker: Thinker;
  /** Null where no money is held for it. */
  readonly spend: SpendWatch | null;
}

export async function relayWhole(input: RelayInput, gateway: Gateway): Promise<WholeReply> {
  const { reply, births } = input;
  try {
    const read = readReply(await reply.body.whole(REPLY_BYTES_MAX));
    const filtering = filtered(input, read, gateway);
    const whole = filtering instanceof Promise ? await filtering : filtering;
    if (births !== null && whole.denial === null) await births.bindWhole(read.body, whole.usage);
    return whole;
  } catch (thrown) {
    // Unheard, a probe that got garbage would keep its deployment on probation for ever.
    reply.finished(faultCodeOf(thrown));
    throw thrown;
  }
}

/** Nobody reads it and nothing is translated: its text goes on as it came. */
const isPassedOn = ({ run, reply, call }: RelayInput): boolean =>
  run.isIdle && reply.dialect === call.dialect;

function filtered(input: RelayInput, read: ReadReply, gateway: Gateway): MaybePromise<WholeReply> {
  const { text, body } = read;
  const { call, reply, run } = input;
  const reading = gateway.dialects[reply.dialect].readReply(body, call.dialect);
  const told = chargedUsage(reading.usage, {
    counted: () => countedUsage(input, tokenWeightOf(text)),
    hasText: () => reading.open().content.passages.some(isText),
  });
  const usage = withSearch(told, call);
  input.told(usage);
  input.trace?.answered(body);
  if (isPassedOn(input)) return { body: text, usage, denial: null };
  if (run.isIdle) {
    return { body: JSON.stringify(asAsked(input, body, gateway)), usage, denial: null };
  }
  return guarded(input, { reading, usage, read }, gateway);
}

const isText = ({ position, text }: Passage): boolean => position !== 'metadata' && text !== '';

interface Guarded {
  readonly reading: ReplyReading;
  readonly usage: Usage;
  readonly read: ReadReply;
}

function guarded(
  input: RelayInput,
  { reading, usage, read }: Guarded,
  gateway: Gateway,
): MaybePromise<WholeReply> {
  const { run, evidence, reply, call } = input;
  const { content, sealedCount, isUnscannable, edited } = reading.open();
  evidence.passedUnread('sealed', sealedCount);
  evidence.replyDigest = digestOfReply(content.passages);
  if (isUnscannable) throw new Fault('provider-reply-invalid', 'a document too deep to scan');
  return andThen(filterContent(content, run), ({ stop, isEdited }) =>
    andThen(run.settled(), () => {
      if (stop !== null) return { body: '', usage, denial: denialOfStop(stop) };
      if (isEdited) edited();
      const isAsItCame = !isEdited && read.isExact && reply.dialect === call.dialect;
      const body = isAsItCame ? read.text : JSON.stringify(asAsked(input, read.body, gateway));
      return { body, usage, denial: null };
    }),
  );
}

function asAsked(input: RelayInput, body: JsonObject, { clock }: Gateway): JsonObject {
  const { call, reply, requestId, model } = input;
  if (reply.dialect === call.dialect) return body;
  const createdS = Math.floor(clock.nowMs() / 1_000);
  return translateReply(reply.dialect, body, call.dialect, { model, requestId, createdS });
}

interface ReadReply {
  readonly text: string;
  readonly body: JsonObject;
  /** The text means to every parser what it means to ours. */
  readonly isExact: boolean;
}

function readReply(chunks: readonly Uint8Array[]): ReadReply {
  const [only] = chunks;
  const all = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  const text = Buffer.from(all.buffer, all.byteOffset, all.length).toString('utf8');
  // Only depth is refused. Two keys of one name are the provider's own affair: then what guards have
  // read is written anew and sent.
  const problem = scanJson(text, REPLY_BOUNDS);
  const body = problem === 'too-deep' ? undefined : parseJson(text);
  if (!isJsonObject(body)) throw new Fault('provider-reply-invalid', 'an answer that is not JSON');
  return { text, body, isExact: problem === null };
}
