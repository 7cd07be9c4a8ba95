/**
 * A provider that answers offline and always the same, in every dialect: for trying the gateway, for
 * its tests and for the README. What it does is listed in `DEMO_BEHAVIOUR` and `DEMO_DIRECTIVES`.
 *
 * It reads calls with the readers of the translation and takes fields that those refuse: it answers
 * from what it understood. It writes with the same writers, so trying the demo tries them.
 */
import { z } from 'zod';

import { dialectNames, type Call, type DialectName } from '#domain/call.ts';
import type { CallReading } from '#dialects/neutral/neutral-call.ts';
import type { NeutralReply, ReplyContext, ReplyStep } from '#dialects/neutral/neutral-reply.ts';
import { readAnthropicCall } from '#dialects/neutral/read-anthropic-call.ts';
import { readChatCall } from '#dialects/neutral/read-chat-call.ts';
import { readResponsesCall } from '#dialects/neutral/read-responses-call.ts';
import { ResponsesReplyWriter } from '#dialects/neutral/stream-responses-reply.ts';
import {
  AnthropicReplyWriter,
  writeAnthropicReply,
} from '#dialects/neutral/write-anthropic-reply.ts';
import { ChatReplyWriter, writeChatReply } from '#dialects/neutral/write-chat-reply.ts';
import { writeResponsesReply } from '#dialects/neutral/write-responses-reply.ts';
import { sseText, type SseEvent } from '#dialects/sse-event.ts';
import { assert } from '#stdx/assert.ts';
import type { JsonObject } from '#stdx/json.ts';

import { faultOfStatus } from '../fault-of.ts';
import { defineProvider, type LocalPort, type LocalReply } from '../provider.ts';
import { embeddingsReply } from './demo-embeddings.ts';
import { inputTokensOf, piecesOf, planReply, stepsOf, type DemoPlan } from './demo-reply.ts';
import type { Directives } from './directives.ts';

interface Writer {
  push(step: ReplyStep): readonly SseEvent[];
}

interface ChatSide {
  readonly callPrefix: string;
  readonly read: (body: JsonObject) => CallReading;
  readonly whole: (replies: readonly NeutralReply[], context: ReplyContext) => JsonObject;
  readonly open: (context: ReplyContext, choice: number, isLast: boolean) => Writer;
}

const CHAT_SIDES: Partial<Record<DialectName, ChatSide>> = {
  'openai-chat': {
    callPrefix: 'call',
    read: readChatCall,
    whole: writeChatReply,
    open: (context, choice, isLast) => new ChatReplyWriter(context, choice, isLast),
  },
  'openai-responses': {
    callPrefix: 'call',
    read: readResponsesCall,
    whole: (replies, context) => writeResponsesReply(only(replies), context),
    open: (context) => new ResponsesReplyWriter(context),
  },
  'anthropic-messages': {
    callPrefix: 'toolu',
    read: readAnthropicCall,
    whole: (replies, context) => writeAnthropicReply(only(replies), context),
    open: (context) => new AnthropicReplyWriter(context),
  },
};

export const demoProvider = defineProvider({
  type: 'demo',
  description: 'Answers offline, streams and calls tools; for trying the gateway.',
  config: z.strictObject({ type: z.literal('demo') }),
  create: () => ({ type: 'demo', dialects: dialectNames, faultOf: faultOfStatus, answer }),
});

function answer(call: Call, dialect: DialectName, body: JsonObject, port: LocalPort): LocalReply {
  if (dialect === 'openai-embeddings') return json(200, embeddingsReply(body, call.model));
  const side = CHAT_SIDES[dialect];
  assert(side !== undefined, 'a dialect that the demo says it speaks');
  const neutral = side.read(body).call;
  if (call.action === 'count-tokens') return json(200, { input_tokens: inputTokensOf(neutral) });
  const { callPrefix } = side;
  const choices = dialect === 'openai-chat' ? call.choices : 1;
  const plan = planReply(neutral, { choices, callPrefix, requestId: port.requestId });
  const { directives } = plan;
  if (directives.status !== null) return failed(directives.status, dialect, directives, port);
  if (directives.isError && !call.isStreamed) return failed(500, dialect, directives, port);
  const context: ReplyContext = {
    model: call.model,
    requestId: port.requestId,
    createdS: Math.floor(port.nowMs() / 1_000),
    // The gateway needs the counts; it hides the chunk from clients that did not ask.
    includeUsage: !directives.hidesUsage,
  };
  if (call.isStreamed) {
    const headers = { 'content-type': 'text/event-stream' };
    return { status: 200, headers, chunks: streamed(plan, side, context, port) };
  }
  const text = JSON.stringify(side.whole(plan.replies, context));
  const said = directives.isCut ? text.slice(0, Math.floor(text.length / 2)) : text;
  return { status: 200, headers: JSON_HEADERS, chunks: later(said, directives, port) };
}

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

const json = (status: number, body: JsonObject): LocalReply => ({
  status,
  headers: JSON_HEADERS,
  chunks: once(JSON.stringify(body)),
});

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function* later(
  text: string,
  { slowMs }: Directives,
  port: LocalPort,
): AsyncGenerator<string> {
  if (slowMs > 0) await port.delay(slowMs, port.signal);
  yield text;
}

async function* streamed(
  { replies, directives }: DemoPlan,
  side: ChatSide,
  context: ReplyContext,
  port: LocalPort,
): AsyncGenerator<string> {
  if (directives.slowMs > 0) await port.delay(directives.slowMs, port.signal);
  const endsEarly = directives.isCut || directives.isError;
  for (const [choice, reply] of replies.entries()) {
    const writer = side.open(context, choice, choice === replies.length - 1);
    for (const step of endsEarly ? firstHalf(reply) : stepsOf(reply)) {
      const isPaced = step.type === 'delta' && directives.paceMs > 0;
      if (isPaced) await port.delay(directives.paceMs, port.signal);
      const text = writer.push(step).map(sseText).join('');
      if (text !== '') yield text;
    }
    if (!endsEarly) continue;
    if (directives.isError) yield writer.push({ type: 'failure' }).map(sseText).join('');
    return;
  }
}

/** Half of what is said, at least one piece, and then nothing. */
function* firstHalf(reply: NeutralReply): Generator<ReplyStep> {
  const pieces = reply.parts.reduce((sum, part) => sum + piecesOf(part).length, 0);
  let left = Math.ceil(pieces / 2);
  for (const step of stepsOf(reply)) {
    if (left === 0) return;
    if (step.type === 'delta') left -= 1;
    yield step;
  }
}

/** An error as the vendor of the dialect would write it. */
function failed(
  status: number,
  dialect: DialectName,
  directives: Directives,
  port: LocalPort,
): LocalReply {
  const message = `The demo was asked for status ${status}.`;
  const body =
    dialect === 'anthropic-messages'
      ? { type: 'error', error: { type: 'api_error', message }, request_id: port.requestId }
      : { error: { message, type: 'demo_error', code: null, param: null } };
  const isRetryable = status === 429 || status === 503;
  const headers = isRetryable ? { ...JSON_HEADERS, 'retry-after': '1' } : JSON_HEADERS;
  return { status, headers, chunks: later(JSON.stringify(body), directives, port) };
}

function only(replies: readonly NeutralReply[]): NeutralReply {
  const [reply] = replies;
  assert(reply !== undefined, 'the demo plans at least one reply');
  return reply;
}
