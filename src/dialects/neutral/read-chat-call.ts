/** An `openai-chat` request as a neutral call. Unknown fields are refused with their path. */
import type { JsonObject, JsonValue } from '#stdx/json.ts';

import { Fields, Refusals } from './fields.ts';
import type {
  CallReading,
  ImagePart,
  NeutralCall,
  NeutralMessage,
  NeutralPart,
  NeutralTool,
  OutputSchema,
  TextPart,
  ToolChoice,
} from './neutral-call.ts';
import { imageOfUrl } from './image.ts';

export function readChatCall(body: JsonObject): CallReading {
  const refusals = new Refusals();
  const fields = new Fields(body, '', refusals);
  fields.take('model');
  refuseWithoutCounterpart(fields);
  const messages = readMessages(fields);
  const tools = fields.items('tools').map(readTool);
  const call: NeutralCall = {
    messages,
    tools: tools.filter((tool) => tool !== null),
    toolChoice: readToolChoice(fields),
    isParallel: fields.flag('parallel_tool_calls'),
    outputTokensMax: readTokensMax(fields),
    temperature: fields.given('temperature', fields.number('temperature')),
    topP: fields.number('top_p'),
    stop: readStop(fields),
    isStreamed: fields.flag('stream') ?? false,
    user: readUser(fields),
    ...readFormat(fields.object('response_format')),
    effort: fields.given('reasoning_effort', fields.text('reasoning_effort')),
    verbosity: fields.given('verbosity', fields.text('verbosity')),
    serviceTier: fields.given('service_tier', fields.text('service_tier')),
    promptCacheKey: fields.text('prompt_cache_key'),
  };
  readStreamOptions(fields.object('stream_options'));
  fields.close();
  return { call, refusedField: refusals.first };
}

/** What the other side has no word for, and the values of it that say nothing. */
function refuseWithoutCounterpart(fields: Fields): void {
  fields.only('n', 1);
  fields.only('logprobs', false);
  fields.only('top_logprobs', 0);
  fields.only('presence_penalty', 0);
  fields.only('frequency_penalty', 0);
  fields.only('store', false);
  for (const key of ['logit_bias', 'metadata', 'functions', 'seed', 'audio'] as const) {
    fields.only(key);
  }
  fields.only('function_call');
  fields.only('prediction');
  fields.only('web_search_options');
  const modalities = fields.list('modalities');
  if (modalities.some((modality) => modality !== 'text')) fields.refuse('modalities');
  fields.hint('prompt_cache_retention');
}

function readStreamOptions(options: Fields | null): void {
  // Whether the client sees the usage chunk is the stream encoder's business.
  options?.flag('include_usage');
  options?.only('include_obfuscation', false);
  options?.close();
}

function readTokensMax(fields: Fields): number | null {
  const current = fields.number('max_completion_tokens');
  const legacy = fields.number('max_tokens');
  if (current !== null && legacy !== null && current !== legacy) fields.refuse('max_tokens');
  return current ?? legacy;
}

function readStop(fields: Fields): NeutralCall['stop'] {
  const value = fields.take('stop');
  if (value === undefined) return null;
  const list = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === 'string');
  if (texts.length !== list.length) fields.refuse('stop');
  return texts.length === 0 ? null : { value: texts, path: 'stop' };
}

/** Two names for one thing; two different values would lose one. */
function readUser(fields: Fields): string | null {
  const user = fields.text('user');
  const safety = fields.text('safety_identifier');
  if (user !== null && safety !== null && user !== safety) fields.refuse('safety_identifier');
  return safety ?? user;
}

function readMessages(fields: Fields): readonly NeutralMessage[] {
  const messages: { role: NeutralMessage['role']; parts: NeutralPart[] }[] = [];
  let isAfterTool = false;
  for (const message of fields.items('messages')) {
    const role = message.text('role');
    if (role === 'tool') {
      const result = readToolResult(message);
      // Anthropic wants the results of parallel calls in one message.
      const last = isAfterTool ? messages.at(-1) : undefined;
      if (last === undefined) messages.push({ role: 'user', parts: [result] });
      else last.parts.push(result);
    } else if (role === 'system' || role === 'developer') {
      messages.push({ role: 'system', parts: readTexts(message, 'content') });
    } else if (role === 'user') {
      messages.push({ role, parts: readUserParts(message) });
    } else if (role === 'assistant') {
      messages.push({ role, parts: readAssistantParts(message) });
    } else {
      message.refuse('role');
    }
    isAfterTool = role === 'tool';
    // A participant's name has no counterpart.
    message.only('name');
    message.close();
  }
  return messages;
}

function readToolResult(message: Fields): NeutralPart {
  return {
    kind: 'tool-result',
    id: message.text('tool_call_id') ?? '',
    parts: readTexts(message, 'content'),
    isError: false,
    path: message.path,
  };
}

/** Content that may hold text and nothing else. */
function readTexts(message: Fields, key: string): TextPart[] {
  const value: JsonValue | undefined = message.take(key);
  const path = message.at(key);
  if (typeof value === 'string') return [{ kind: 'text', text: value, path }];
  const parts: TextPart[] = [];
  for (const item of message.items(key)) {
    if (item.text('type') !== 'text') item.refusals.refuse(item.path);
    else {
      parts.push({ kind: 'text', text: item.text('text') ?? '', path: item.path });
      item.close();
    }
  }
  return parts;
}

function readUserParts(message: Fields): NeutralPart[] {
  if (typeof message.take('content') === 'string') return readTexts(message, 'content');
  const parts: NeutralPart[] = [];
  for (const item of message.items('content')) {
    const type = item.text('type');
    if (type === 'text') {
      parts.push({ kind: 'text', text: item.text('text') ?? '', path: item.path });
      item.close();
    } else if (type === 'image_url') {
      const image = readImage(item);
      if (image !== null) parts.push(image);
      item.close();
    } else {
      item.refusals.refuse(item.path);
    }
  }
  return parts;
}

function readImage(item: Fields): ImagePart | null {
  const image = item.object('image_url');
  const url = image?.text('url') ?? null;
  image?.only('detail', 'auto');
  image?.close();
  return url === null ? null : { kind: 'image', source: imageOfUrl(url), path: item.path };
}

function readAssistantParts(message: Fields): NeutralPart[] {
  const parts: NeutralPart[] = [];
  const reasoning = message.text('reasoning_content');
  if (reasoning !== null && reasoning !== '') {
    const path = message.at('reasoning_content');
    parts.push({ kind: 'reasoning', text: reasoning, signature: null, path });
  }
  if (Array.isArray(message.take('content'))) {
    for (const item of message.items('content')) {
      const isRefusal = item.text('type') === 'refusal';
      if (!isRefusal && item.source['type'] !== 'text') item.refusals.refuse(item.path);
      const kind = isRefusal ? 'refusal' : 'text';
      parts.push({ kind, text: item.text(kind) ?? '', path: item.path });
      item.close();
    }
  } else {
    parts.push(...readTexts(message, 'content'));
  }
  const refusal = message.text('refusal');
  if (refusal !== null) parts.push({ kind: 'refusal', text: refusal, path: message.at('refusal') });
  for (const item of message.items('tool_calls')) parts.push(readToolCall(item));
  message.only('annotations');
  message.only('audio');
  message.only('function_call');
  return parts;
}

function readToolCall(item: Fields): NeutralPart {
  if (item.text('type') !== 'function') item.refuse('type');
  const called = item.object('function');
  const part: NeutralPart = {
    kind: 'tool-call',
    id: item.text('id') ?? '',
    name: called?.text('name') ?? '',
    argumentsJson: called?.text('arguments') ?? '',
    path: `${item.path}.function.arguments`,
  };
  // Some SDKs send back the index that they saw in the stream.
  item.take('index');
  called?.close();
  item.close();
  return part;
}

function readTool(item: Fields): NeutralTool | null {
  if (item.text('type') !== 'function') {
    item.refuse('type');
    return null;
  }
  const described = item.object('function');
  const parameters = described?.object('parameters');
  const tool: NeutralTool = {
    name: described?.text('name') ?? '',
    description: described?.text('description') ?? null,
    schema: parameters?.source ?? { type: 'object', properties: {} },
    isStrict: described?.flag('strict') ?? false,
  };
  described?.close();
  item.close();
  return tool;
}

function readToolChoice(fields: Fields): ToolChoice | null {
  const value = fields.take('tool_choice');
  if (value === undefined) return null;
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  const choice = fields.object('tool_choice');
  const name = choice?.text('type') === 'function' ? choice.object('function') : null;
  if (choice === null || name === null) {
    fields.refuse('tool_choice');
    return null;
  }
  const chosen = { name: name.text('name') ?? '' };
  name.close();
  choice.close();
  return chosen;
}

function readFormat(format: Fields | null): Pick<NeutralCall, 'outputSchema' | 'jsonOnly'> {
  const type = format?.text('type') ?? 'text';
  const described = type === 'json_schema' ? (format?.object('json_schema') ?? null) : null;
  const jsonOnly = type === 'json_object' ? (format?.given('type', true as const) ?? null) : null;
  if (type !== 'text' && described === null && jsonOnly === null) format?.refuse('type');
  format?.close();
  const outputSchema = described === null ? null : readOutputSchema(described);
  described?.close();
  return { outputSchema, jsonOnly };
}

/** The same members stand under `json_schema` in chat and directly under `format` in Responses. */
export function readOutputSchema(fields: Fields): OutputSchema {
  const schema = fields.object('schema');
  if (schema === null) fields.refuse('schema');
  return {
    name: fields.text('name'),
    description: fields.given('description', fields.text('description')),
    schema: schema?.source ?? {},
    isStrict: fields.flag('strict') ?? false,
  };
}
