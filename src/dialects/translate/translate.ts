/**
 * Calls, replies and streams between two dialects, through the neutral form.
 *
 * What has no counterpart in a call is refused with its path, never dropped; `HINT_FIELDS` lists the
 * hints that may be left out. Replies are what the model said, so they are never refused: what the
 * client's dialect has no word for is left out there. Works on wire JSON and on events that guards
 * have passed; knows no model names, no secrets and no network.
 */
import type { DialectName } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { assert } from '#stdx/assert.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { Refusals } from '../neutral/fields.ts';
import type { CallReading, NeutralCall } from '../neutral/neutral-call.ts';
import type { NeutralReply, ReplyContext, ReplyStep } from '../neutral/neutral-reply.ts';
import { readAnthropicCall } from '../neutral/read-anthropic-call.ts';
import { AnthropicReplyReader, readAnthropicReply } from '../neutral/read-anthropic-reply.ts';
import { readChatCall } from '../neutral/read-chat-call.ts';
import { ChatReplyReader, readChatReply } from '../neutral/read-chat-reply.ts';
import { readResponsesCall } from '../neutral/read-responses-call.ts';
import { ResponsesReplyWriter } from '../neutral/stream-responses-reply.ts';
import { writeAnthropicCall } from '../neutral/write-anthropic-call.ts';
import { AnthropicReplyWriter, writeAnthropicReply } from '../neutral/write-anthropic-reply.ts';
import { writeChatCall } from '../neutral/write-chat-call.ts';
import { ChatReplyWriter, writeChatReply } from '../neutral/write-chat-reply.ts';
import { writeResponsesReply } from '../neutral/write-responses-reply.ts';
import { KEEP_ALIVE, type SseEvent } from '../sse-event.ts';

export type { ReplyContext } from '../neutral/neutral-reply.ts';

export interface Translation {
  push(event: SseEvent): readonly SseEvent[];
}

interface StreamReader {
  push(event: SseEvent): readonly ReplyStep[];
}

interface StreamWriter {
  push(step: ReplyStep): readonly SseEvent[];
}

/** A dialect that clients speak. */
interface ClientSide {
  readonly readCall: (body: JsonObject) => CallReading;
  readonly writeReply: (reply: NeutralReply, context: ReplyContext) => JsonObject;
  readonly openWriter: (context: ReplyContext) => StreamWriter;
}

/** A dialect that providers speak. */
interface ProviderSide {
  readonly writeCall: (call: NeutralCall, refusals: Refusals) => JsonObject;
  readonly readReply: (body: JsonObject) => NeutralReply;
  readonly openReader: () => StreamReader;
}

const CLIENT_SIDES: Partial<Record<DialectName, ClientSide>> = {
  'openai-chat': {
    readCall: readChatCall,
    writeReply: (reply, context) => writeChatReply([reply], context),
    openWriter: (context) => new ChatReplyWriter(context),
  },
  'openai-responses': {
    readCall: readResponsesCall,
    writeReply: writeResponsesReply,
    openWriter: (context) => new ResponsesReplyWriter(context),
  },
  'anthropic-messages': {
    readCall: readAnthropicCall,
    writeReply: writeAnthropicReply,
    openWriter: (context) => new AnthropicReplyWriter(context),
  },
};

const PROVIDER_SIDES: Partial<Record<DialectName, ProviderSide>> = {
  'openai-chat': {
    writeCall: writeChatCall,
    readReply: readChatReply,
    openReader: () => new ChatReplyReader(),
  },
  'anthropic-messages': {
    writeCall: writeAnthropicCall,
    readReply: readAnthropicReply,
    openReader: () => new AnthropicReplyReader(),
  },
};

/** Whether calls of dialect `from` can be taken to a provider that speaks `to`. */
export const canTranslate = (from: DialectName, to: DialectName): boolean =>
  from !== to && CLIENT_SIDES[from] !== undefined && PROVIDER_SIDES[to] !== undefined;

/** The body without its model: whoever asks for the translation names the provider's own. */
export function translateCall(
  from: DialectName,
  body: JsonObject,
  to: DialectName,
): Result<JsonObject, Denial> {
  const { client, provider } = sides(from, to);
  const { call, refusedField } = client.readCall(body);
  const refusals = new Refusals();
  refuseAmbiguous(call, refusals);
  const translated = provider.writeCall(call, refusals);
  const field = refusedField ?? refusals.first;
  return field === null ? ok(translated) : err({ reason: 'field-unsupported', field });
}

/** What both sides take and mean different things by. */
function refuseAmbiguous({ messages, tools, toolChoice }: NeutralCall, refusals: Refusals): void {
  // Anthropic goes on with the last words of the assistant; OpenAI answers anew.
  const last = messages.at(-1);
  if (last?.role === 'assistant') refusals.refuse(last.parts[0]?.path ?? 'messages');
  const isForced = toolChoice !== null && toolChoice !== 'auto' && toolChoice !== 'none';
  if (tools.length === 0 && isForced) refusals.refuse('tool_choice');
}

/** `from` is the provider's dialect, `to` the client's. */
export function translateReply(
  from: DialectName,
  body: JsonObject,
  to: DialectName,
  context: ReplyContext,
): JsonObject {
  const { client, provider } = sides(to, from);
  return client.writeReply(provider.readReply(body), context);
}

/** One stream, from the provider's dialect to the client's. */
export function openTranslation(
  from: DialectName,
  to: DialectName,
  context: ReplyContext,
): Translation {
  const { client, provider } = sides(to, from);
  const reader = provider.openReader();
  const writer = client.openWriter(context);
  return {
    push(event) {
      // Comments mean the same in every dialect: still here. So does the ping of Anthropic.
      if (event.data === '') return event.raw === null ? [] : [event];
      if (event.event === 'ping') return [KEEP_ALIVE];
      return reader.push(event).flatMap((step) => writer.push(step));
    },
  };
}

function sides(
  clientName: DialectName,
  providerName: DialectName,
): { client: ClientSide; provider: ProviderSide } {
  const client = CLIENT_SIDES[clientName];
  const provider = PROVIDER_SIDES[providerName];
  assert(client !== undefined && provider !== undefined, 'only what `canTranslate` is translated');
  return { client, provider };
}
