/** A neutral call as an `openai-chat` request. The caller of the translation sets the model. */
import type { JsonObject, JsonValue } from '#stdx/json.ts';

import type { Refusals } from './fields.ts';
import { urlOfImage } from './image.ts';
import type {
  NeutralCall,
  NeutralMessage,
  NeutralPart,
  NeutralTool,
  OutputSchema,
  ToolChoice,
  ToolResultPart,
} from './neutral-call.ts';

/** Chat has no field for it, so a tool that failed says it in words, as tools of chat do. */
export const TOOL_ERROR_PREFIX = 'Error: ';

/** OpenAI takes four stop sequences. */
const STOPS_MAX = 4;

export function writeChatCall(call: NeutralCall, refusals: Refusals): JsonObject {
  const body: JsonObject = { messages: call.messages.flatMap((m) => writeMessage(m, refusals)) };
  if (call.tools.length > 0) {
    body['tools'] = call.tools.map(writeTool);
    if (call.toolChoice !== null) body['tool_choice'] = writeToolChoice(call.toolChoice);
    if (call.isParallel !== null) body['parallel_tool_calls'] = call.isParallel;
  }
  if (call.outputTokensMax !== null) body['max_completion_tokens'] = call.outputTokensMax;
  if (call.temperature !== null) body['temperature'] = call.temperature.value;
  if (call.topP !== null) body['top_p'] = call.topP;
  if (call.stop !== null) {
    if (call.stop.value.length > STOPS_MAX) refusals.refuse(`${call.stop.path}[${STOPS_MAX}]`);
    body['stop'] = [...call.stop.value];
  }
  if (call.user !== null) body['user'] = call.user;
  if (call.outputSchema !== null) body['response_format'] = writeFormat(call.outputSchema);
  if (call.jsonOnly !== null) body['response_format'] = { type: 'json_object' };
  if (call.effort !== null) body['reasoning_effort'] = call.effort.value;
  if (call.verbosity !== null) body['verbosity'] = call.verbosity.value;
  if (call.serviceTier !== null) body['service_tier'] = call.serviceTier.value;
  if (call.promptCacheKey !== null) body['prompt_cache_key'] = call.promptCacheKey;
  if (call.isStreamed) {
    body['stream'] = true;
    body['stream_options'] = { include_usage: true };
  }
  return body;
}

function writeMessage({ role, parts }: NeutralMessage, refusals: Refusals): JsonObject[] {
  if (role === 'assistant') return [writeAssistant(parts, refusals)];
  const messages: JsonObject[] = [];
  const content: JsonObject[] = [];
  for (const part of parts) {
    // Results stand in messages of their own, and before the words that came with them.
    if (part.kind === 'tool-result') messages.push(writeToolResult(part, refusals));
    else if (part.kind === 'text') content.push({ type: 'text', text: part.text });
    else if (part.kind === 'image' && role === 'user') {
      content.push({ type: 'image_url', image_url: { url: urlOfImage(part.source) } });
    } else refusals.refuse(part.path);
  }
  if (content.length > 0 || messages.length === 0) {
    messages.push({ role, content: plainWhereOne(content) });
  }
  return messages;
}

/** One text is a string: servers that speak chat, but not all of it, read that best. */
function plainWhereOne(content: JsonObject[]): JsonValue {
  const [first] = content;
  if (content.length === 0) return '';
  const text = content.length === 1 ? first?.['text'] : undefined;
  return typeof text === 'string' ? text : content;
}

function writeToolResult(result: ToolResultPart, refusals: Refusals): JsonObject {
  const texts: string[] = [];
  for (const part of result.parts) {
    if (part.kind === 'text') texts.push(part.text);
    else refusals.refuse(part.path);
  }
  if (result.isError) texts[0] = TOOL_ERROR_PREFIX + (texts[0] ?? '');
  const content: JsonObject[] = texts.map((text) => ({ type: 'text', text }));
  return { role: 'tool', tool_call_id: result.id, content: plainWhereOne(content) };
}

function writeAssistant(parts: readonly NeutralPart[], refusals: Refusals): JsonObject {
  const content: JsonObject[] = [];
  const toolCalls: JsonObject[] = [];
  let refusal: string | null = null;
  let reasoning = '';
  for (const part of parts) {
    if (part.kind === 'text') content.push({ type: 'text', text: part.text });
    else if (part.kind === 'refusal') refusal = (refusal ?? '') + part.text;
    else if (part.kind === 'reasoning' && part.signature === null) reasoning += part.text;
    else if (part.kind === 'tool-call') {
      const { id, name, argumentsJson } = part;
      toolCalls.push({ id, type: 'function', function: { name, arguments: argumentsJson } });
    } else refusals.refuse(part.path);
  }
  const isSilent = content.length === 0 && (toolCalls.length > 0 || refusal !== null);
  return {
    role: 'assistant',
    content: isSilent ? null : plainWhereOne(content),
    ...(refusal === null ? {} : { refusal }),
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
}

function writeTool({ name, description, schema, isStrict }: NeutralTool): JsonObject {
  return {
    type: 'function',
    function: {
      name,
      ...(description === null ? {} : { description }),
      parameters: schema,
      ...(isStrict ? { strict: true } : {}),
    },
  };
}

const writeToolChoice = (choice: ToolChoice): JsonValue =>
  typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };

function writeFormat({ name, description, schema, isStrict }: OutputSchema): JsonObject {
  return {
    type: 'json_schema',
    json_schema: {
      name: name ?? 'answer',
      ...(description === null ? {} : { description: description.value }),
      schema,
      strict: isStrict,
    },
  };
}
