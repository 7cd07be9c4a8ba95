/** A neutral reply as one `openai-responses` response, and the pieces that its stream is made of. */
import { unreachable } from '#stdx/assert.ts';
import type { JsonObject } from '#stdx/json.ts';

import type {
  Ending,
  NeutralReply,
  NeutralUsage,
  OpenPart,
  ReplyContext,
  ReplyPart,
} from './neutral-reply.ts';

export type Status = 'in_progress' | 'completed' | 'incomplete';

export function writeResponsesReply(
  { parts, ending }: NeutralReply,
  context: ReplyContext,
): JsonObject {
  const status = statusOf(ending);
  const output = parts.map((part, index) =>
    writeItem(
      part,
      itemId(part.kind, index, context),
      itemStatus(status, index === parts.length - 1),
    ),
  );
  return finished(context, ending, output);
}

export function statusOf({ finish }: Ending): 'completed' | 'incomplete' {
  return finish === 'length' || finish === 'content-filter' ? 'incomplete' : 'completed';
}

/** What ended early is the last item; those before it are whole. */
export const itemStatus = (status: Status, isLast: boolean): Status =>
  isLast ? status : 'completed';

export function finished(context: ReplyContext, ending: Ending, output: JsonObject[]): JsonObject {
  const status = statusOf(ending);
  const reason = ending.finish === 'length' ? 'max_output_tokens' : 'content_filter';
  return {
    ...responseShell(context, status),
    ...(status === 'completed' ? { completed_at: context.createdS } : {}),
    incomplete_details: status === 'completed' ? null : { reason },
    output,
    usage: ending.usage === null ? null : writeUsage(ending.usage),
  };
}

export function responseShell(context: ReplyContext, status: Status): JsonObject {
  return {
    id: `resp_${context.requestId}`,
    object: 'response',
    created_at: context.createdS,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: context.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
  };
}

const ID_PREFIXES = { text: 'msg', refusal: 'msg', reasoning: 'rs', 'tool-call': 'fc' } as const;

export const itemId = (
  kind: OpenPart['kind'],
  index: number,
  { requestId }: ReplyContext,
): string => `${ID_PREFIXES[kind]}_${requestId}_${index}`;

export function writeItem(part: ReplyPart, id: string, status: Status): JsonObject {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { id, type: 'message', status, role: 'assistant', content: [contentPart(part)] };
    case 'reasoning': {
      // The signature travels in the field that the client must send back as it is.
      const sealed = part.signature === null ? {} : { encrypted_content: part.signature };
      const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }];
      return { id, type: 'reasoning', summary, ...sealed };
    }
    case 'tool-call': {
      const { id: call_id, name, argumentsJson } = part;
      return { id, type: 'function_call', status, call_id, name, arguments: argumentsJson };
    }
    default:
      return unreachable(part);
  }
}

export const contentPart = (part: { kind: 'text' | 'refusal'; text: string }): JsonObject =>
  part.kind === 'text'
    ? { type: 'output_text', text: part.text, annotations: [], logprobs: [] }
    : { type: 'refusal', refusal: part.text };

function writeUsage(usage: NeutralUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
