/** An `anthropic-messages` request as a neutral call. Unknown fields are refused with their path. */
import type { JsonObject } from '#stdx/json.ts';

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

export function readAnthropicCall(body: JsonObject): CallReading {
  const refusals = new Refusals();
  const fields = new Fields(body, '', refusals);
  fields.take('model');
  refuseWithoutCounterpart(fields);
  const system = readTexts(fields, 'system');
  const messages = fields.items('messages').map(readMessage);
  const tools = fields.items('tools').map(readTool);
  const { choice, isParallel } = readToolChoice(fields.object('tool_choice'));
  const output = fields.object('output_config');
  const call: NeutralCall = {
    messages: system.length === 0 ? messages : [{ role: 'system', parts: system }, ...messages],
    tools: tools.filter((tool) => tool !== null),
    toolChoice: choice,
    isParallel,
    outputTokensMax: fields.number('max_tokens'),
    temperature: fields.given('temperature', fields.number('temperature')),
    topP: fields.number('top_p'),
    stop: readStop(fields),
    isStreamed: fields.flag('stream') ?? false,
    user: readUser(fields.object('metadata')),
    outputSchema: readFormat(output?.object('format') ?? null),
    jsonOnly: null,
    effort: output?.given('effort', output.text('effort')) ?? null,
    verbosity: null,
    serviceTier: null,
    promptCacheKey: null,
  };
  output?.close();
  fields.close();
  return { call, refusedField: refusals.first };
}

function refuseWithoutCounterpart(fields: Fields): void {
  fields.hint('cache_control');
  for (const key of ['top_k', 'container', 'context_management', 'mcp_servers'] as const) {
    fields.only(key);
  }
  fields.only('inference_geo');
  fields.only('diagnostics');
  fields.only('speed', 'standard');
  fields.only('service_tier', 'auto');
  const thinking = fields.object('thinking');
  if (thinking === null) return;
  const type = thinking.text('type');
  // Off is Anthropic's default; `adaptive` leaves it to the model, which is what the other side
  // does unasked. A budget, and a wish to see or hide the thinking, cannot be kept.
  if (type !== 'disabled' && type !== 'adaptive') thinking.refuse('type');
  thinking.close();
}

function readUser(metadata: Fields | null): string | null {
  const user = metadata?.text('user_id') ?? null;
  metadata?.close();
  return user;
}

function readStop(fields: Fields): NeutralCall['stop'] {
  const list = fields.list('stop_sequences');
  const texts = list.filter((item) => typeof item === 'string');
  if (texts.length !== list.length) fields.refuse('stop_sequences');
  return texts.length === 0 ? null : { value: texts, path: 'stop_sequences' };
}

function readMessage(message: Fields): NeutralMessage {
  const role = message.text('role');
  if (role !== 'user' && role !== 'assistant' && role !== 'system') message.refuse('role');
  const parts: NeutralPart[] = [];
  const content = message.take('content');
  if (typeof content === 'string') {
    parts.push({ kind: 'text', text: content, path: message.at('content') });
  } else {
    for (const block of message.items('content')) {
      const part = readBlock(block);
      if (part === null) block.refusals.refuse(block.path);
      else parts.push(part);
    }
  }
  message.close();
  return { role: role === 'assistant' || role === 'system' ? role : 'user', parts };
}

/** Null: a kind of content without a counterpart. */
function readBlock(block: Fields): NeutralPart | null {
  switch (block.text('type') ?? '') {
    case 'text':
      return readText(block);
    case 'image':
      return readImage(block);
    case 'tool_use':
      return readToolUse(block);
    case 'tool_result':
      return readToolResult(block);
    case 'thinking':
      return readThinking(block);
    default:
      return null;
  }
}

function readText(block: Fields): TextPart {
  const part: TextPart = { kind: 'text', text: block.text('text') ?? '', path: block.path };
  block.only('citations');
  block.hint('cache_control');
  block.close();
  return part;
}

function readImage(block: Fields): ImagePart | null {
  const source = block.object('source');
  const type = source?.text('type');
  block.hint('cache_control');
  block.close();
  if (source === null) return null;
  const { path } = block;
  if (type === 'base64') {
    const mediaType = source.text('media_type') ?? '';
    const base64 = source.text('data') ?? '';
    source.close();
    return { kind: 'image', source: { mediaType, base64 }, path };
  }
  if (type !== 'url') return null;
  const url = source.text('url') ?? '';
  source.close();
  return { kind: 'image', source: { url }, path };
}

function readToolUse(block: Fields): NeutralPart {
  const part: NeutralPart = {
    kind: 'tool-call',
    id: block.text('id') ?? '',
    name: block.text('name') ?? '',
    argumentsJson: JSON.stringify(block.take('input') ?? {}),
    path: block.at('input'),
  };
  readCaller(block.object('caller'));
  block.only('toolset_name');
  block.hint('cache_control');
  block.close();
  return part;
}

/** Called by the model itself is the only way that the other side knows. */
function readCaller(caller: Fields | null): void {
  caller?.only('type', 'direct');
  caller?.close();
}

function readToolResult(block: Fields): NeutralPart {
  const id = block.text('tool_use_id') ?? '';
  const isError = block.flag('is_error') ?? false;
  const parts: (TextPart | ImagePart)[] = [];
  const content = block.take('content');
  if (typeof content === 'string') {
    parts.push({ kind: 'text', text: content, path: block.at('content') });
  } else {
    for (const item of block.items('content')) {
      const type = item.text('type');
      const part = type === 'text' ? readText(item) : type === 'image' ? readImage(item) : null;
      if (part === null) item.refusals.refuse(item.path);
      else parts.push(part);
    }
  }
  block.only('toolset_name');
  block.hint('cache_control');
  block.close();
  return { kind: 'tool-result', id, parts, isError, path: block.path };
}

function readThinking(block: Fields): NeutralPart {
  const signature = block.text('signature');
  const part: NeutralPart = {
    kind: 'reasoning',
    text: block.text('thinking') ?? '',
    // We write an empty one for thinking that no vendor signed.
    signature: signature === '' ? null : signature,
    path: block.path,
  };
  block.close();
  return part;
}

function readTexts(fields: Fields, key: string): TextPart[] {
  const value = fields.take(key);
  if (typeof value === 'string') return [{ kind: 'text', text: value, path: fields.at(key) }];
  const parts: TextPart[] = [];
  for (const block of fields.items(key)) {
    if (block.text('type') === 'text') parts.push(readText(block));
    else block.refusals.refuse(block.path);
  }
  return parts;
}

function readTool(item: Fields): NeutralTool | null {
  const type = item.text('type');
  if (type !== null && type !== 'custom') {
    item.refuse('type');
    return null;
  }
  const schema = item.object('input_schema');
  const tool: NeutralTool = {
    name: item.text('name') ?? '',
    description: item.text('description'),
    schema: schema?.source ?? { type: 'object', properties: {} },
    isStrict: item.flag('strict') ?? false,
  };
  const callers = item.list('allowed_callers');
  if (callers.some((caller) => caller !== 'direct')) item.refuse('allowed_callers');
  item.only('defer_loading', false);
  item.only('eager_input_streaming', false);
  item.only('input_examples');
  item.hint('cache_control');
  item.close();
  return tool;
}

function readToolChoice(choice: Fields | null): {
  choice: ToolChoice | null;
  isParallel: boolean | null;
} {
  if (choice === null) return { choice: null, isParallel: null };
  const type = choice.text('type');
  const isSerial = choice.flag('disable_parallel_tool_use');
  const isParallel = isSerial === null ? null : !isSerial;
  const name = type === 'tool' ? choice.text('name') : null;
  choice.close();
  if (type === 'auto' || type === 'none') return { choice: type, isParallel };
  if (type === 'any') return { choice: 'required', isParallel };
  if (name === null) choice.refuse('type');
  return { choice: name === null ? null : { name }, isParallel };
}

function readFormat(format: Fields | null): OutputSchema | null {
  if (format === null) return null;
  if (format.text('type') !== 'json_schema') format.refuse('type');
  const schema = format.object('schema');
  format.close();
  return { name: null, description: null, schema: schema?.source ?? {}, isStrict: true };
}
