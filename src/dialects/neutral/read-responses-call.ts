/** An `openai-responses` request as a neutral call. Unknown fields are refused with their path. */
import type { JsonObject } from '#stdx/json.ts';

import { Fields, Refusals } from './fields.ts';
import { imageOfUrl } from './image.ts';
import type {
  CallReading,
  ImagePart,
  NeutralCall,
  NeutralMessage,
  NeutralPart,
  NeutralTool,
  TextPart,
  ToolChoice,
} from './neutral-call.ts';
import { readOutputSchema } from './read-chat-call.ts';

/** Asked for by clients that keep no state at the provider; an answer without it is complete. */
const INCLUDE_TAKEN = 'reasoning.encrypted_content';

export function readResponsesCall(body: JsonObject): CallReading {
  const refusals = new Refusals();
  const fields = new Fields(body, '', refusals);
  fields.take('model');
  refuseWithoutCounterpart(fields);
  const text = fields.object('text');
  const tools = fields.items('tools').map(readTool);
  const call: NeutralCall = {
    messages: readInput(fields),
    tools: tools.filter((tool) => tool !== null),
    toolChoice: readToolChoice(fields),
    isParallel: fields.flag('parallel_tool_calls'),
    outputTokensMax: fields.number('max_output_tokens'),
    temperature: fields.given('temperature', fields.number('temperature')),
    topP: fields.number('top_p'),
    stop: null,
    isStreamed: fields.flag('stream') ?? false,
    user: readUser(fields),
    ...readFormat(text?.object('format') ?? null),
    effort: readEffort(fields.object('reasoning')),
    verbosity: text?.given('verbosity', text.text('verbosity')) ?? null,
    serviceTier: fields.given('service_tier', fields.text('service_tier')),
    promptCacheKey: fields.text('prompt_cache_key'),
  };
  text?.close();
  fields.close();
  return { call, refusedField: refusals.first };
}

function refuseWithoutCounterpart(fields: Fields): void {
  fields.only('store', false);
  fields.only('background', false);
  fields.only('truncation', 'disabled');
  fields.only('top_logprobs', 0);
  for (const key of ['metadata', 'conversation', 'previous_response_id', 'prompt'] as const) {
    fields.only(key);
  }
  fields.only('max_tool_calls');
  fields.only('context_management');
  fields.hint('prompt_cache_retention');
  for (const [index, wanted] of fields.list('include').entries()) {
    if (wanted !== INCLUDE_TAKEN) fields.refuse(`include[${index}]`);
  }
  const options = fields.object('stream_options');
  options?.only('include_obfuscation', false);
  options?.close();
}

function readUser(fields: Fields): string | null {
  const user = fields.text('user');
  const safety = fields.text('safety_identifier');
  if (user !== null && safety !== null && user !== safety) fields.refuse('safety_identifier');
  return safety ?? user;
}

function readEffort(reasoning: Fields | null): NeutralCall['effort'] {
  if (reasoning === null) return null;
  const effort = reasoning.given('effort', reasoning.text('effort'));
  // `auto` is the most that there is, and the other side shows what it has unasked.
  reasoning.only('summary', 'auto');
  reasoning.only('generate_summary', 'auto');
  reasoning.close();
  return effort;
}

interface OpenMessage {
  readonly role: NeutralMessage['role'];
  readonly parts: NeutralPart[];
  /** Items of one turn are joined; two messages of the same author are not. */
  readonly isTurn: boolean;
}

function readInput(fields: Fields): readonly NeutralMessage[] {
  const messages: OpenMessage[] = [];
  const instructions = fields.text('instructions');
  if (instructions !== null) {
    const part: TextPart = { kind: 'text', text: instructions, path: 'instructions' };
    messages.push({ role: 'system', parts: [part], isTurn: false });
  }
  const input = fields.take('input');
  if (typeof input === 'string') {
    const part: TextPart = { kind: 'text', text: input, path: 'input' };
    messages.push({ role: 'user', parts: [part], isTurn: false });
    return messages;
  }
  for (const item of fields.items('input')) readItem(item, messages);
  return messages;
}

function readItem(item: Fields, messages: OpenMessage[]): void {
  const type = item.text('type') ?? 'message';
  // The id and the state of an item belong to the provider that made it.
  item.take('id');
  item.only('status', 'completed', 'incomplete', 'in_progress');
  if (type === 'message') readMessage(item, messages);
  else if (type === 'function_call') join(messages, 'assistant', readFunctionCall(item));
  else if (type === 'function_call_output') join(messages, 'user', readFunctionOutput(item));
  else if (type === 'reasoning') join(messages, 'assistant', readReasoning(item));
  else {
    item.refusals.refuse(item.path);
    return;
  }
  item.close();
}

/** The items of one turn of the model, and the results of its parallel calls, are one message. */
function join(messages: OpenMessage[], role: 'user' | 'assistant', part: NeutralPart): void {
  const last = messages.at(-1);
  if (last?.role === role && last.isTurn) last.parts.push(part);
  else messages.push({ role, parts: [part], isTurn: true });
}

function readMessage(item: Fields, messages: OpenMessage[]): void {
  const role = item.text('role');
  item.only('phase');
  const parts = readContent(item, 'content');
  if (role === 'assistant') {
    for (const part of parts) join(messages, 'assistant', part);
  } else if (role === 'user') {
    messages.push({ role, parts, isTurn: false });
  } else if (role === 'system' || role === 'developer') {
    messages.push({ role: 'system', parts, isTurn: false });
  } else {
    item.refuse('role');
  }
}

function readContent(item: Fields, key: string): NeutralPart[] {
  const content = item.take(key);
  if (typeof content === 'string') return [{ kind: 'text', text: content, path: item.at(key) }];
  const parts: NeutralPart[] = [];
  for (const member of item.items(key)) {
    const part = readMember(member);
    if (part === null) member.refusals.refuse(member.path);
    else parts.push(part);
    member.close();
  }
  return parts;
}

function readMember(member: Fields): NeutralPart | null {
  const { path } = member;
  switch (member.text('type') ?? '') {
    case 'input_text':
    case 'output_text':
      member.only('annotations');
      member.only('logprobs');
      return { kind: 'text', text: member.text('text') ?? '', path };
    case 'refusal':
      return { kind: 'refusal', text: member.text('refusal') ?? '', path };
    case 'input_image': {
      const url = member.text('image_url');
      member.only('detail', 'auto');
      member.only('file_id');
      return url === null ? null : { kind: 'image', source: imageOfUrl(url), path };
    }
    default:
      return null;
  }
}

function readFunctionCall(item: Fields): NeutralPart {
  item.only('namespace');
  return {
    kind: 'tool-call',
    id: item.text('call_id') ?? '',
    name: item.text('name') ?? '',
    argumentsJson: item.text('arguments') ?? '',
    path: item.at('arguments'),
  };
}

function readFunctionOutput(item: Fields): NeutralPart {
  const isPlain = (part: NeutralPart): part is TextPart | ImagePart =>
    part.kind === 'text' || part.kind === 'image';
  const parts = readContent(item, 'output');
  if (!parts.every(isPlain)) item.refuse('output');
  return {
    kind: 'tool-result',
    id: item.text('call_id') ?? '',
    parts: parts.filter(isPlain),
    isError: false,
    path: item.path,
  };
}

function readReasoning(item: Fields): NeutralPart {
  let text = '';
  for (const key of ['summary', 'content'] as const) {
    for (const member of item.items(key)) {
      const type = member.text('type');
      if (type !== 'summary_text' && type !== 'reasoning_text') member.refuse('type');
      text += member.text('text') ?? '';
      member.close();
    }
  }
  const signature = item.text('encrypted_content');
  return {
    kind: 'reasoning',
    text,
    signature: signature === '' ? null : signature,
    path: item.path,
  };
}

function readTool(item: Fields): NeutralTool | null {
  if (item.text('type') !== 'function') {
    item.refuse('type');
    return null;
  }
  const tool: NeutralTool = {
    name: item.text('name') ?? '',
    description: item.text('description'),
    schema: item.object('parameters')?.source ?? { type: 'object', properties: {} },
    isStrict: item.flag('strict') ?? false,
  };
  item.only('defer_loading', false);
  item.close();
  return tool;
}

function readToolChoice(fields: Fields): ToolChoice | null {
  const value = fields.take('tool_choice');
  if (value === undefined) return null;
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  const choice = fields.object('tool_choice');
  const name = choice?.text('type') === 'function' ? choice.text('name') : null;
  choice?.close();
  if (name !== null) return { name };
  fields.refuse('tool_choice');
  return null;
}

function readFormat(format: Fields | null): Pick<NeutralCall, 'outputSchema' | 'jsonOnly'> {
  const type = format?.text('type') ?? 'text';
  const outputSchema = format !== null && type === 'json_schema' ? readOutputSchema(format) : null;
  const jsonOnly = type === 'json_object' ? (format?.given('type', true as const) ?? null) : null;
  if (type !== 'text' && outputSchema === null && jsonOnly === null) format?.refuse('type');
  format?.close();
  return { outputSchema, jsonOnly };
}
