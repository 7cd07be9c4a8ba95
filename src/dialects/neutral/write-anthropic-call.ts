/** A neutral call as an `anthropic-messages` request. The caller of the translation sets the model. */
import { unreachable } from '#stdx/assert.ts';
import { isJsonObject, parseJson, type JsonObject } from '#stdx/json.ts';

import type { Refusals } from './fields.ts';
import type {
  ImagePart,
  NeutralCall,
  NeutralMessage,
  NeutralPart,
  NeutralTool,
  OutputSchema,
} from './neutral-call.ts';

/** Anthropic must be told a bound; OpenAI need not be. This one holds where nobody said one. */
export const OUTPUT_TOKENS_DEFAULT = 4_096;

/** OpenAI takes up to 2. Scaling it down would change the answer, so more than 1 is refused. */
const TEMPERATURE_MAX = 1;

const EFFORTS: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'xhigh', 'max']);

export function writeAnthropicCall(call: NeutralCall, refusals: Refusals): JsonObject {
  refuseForeign(call, refusals);
  const firstTurn = call.messages.findIndex(({ role }) => role !== 'system');
  const systemCount = firstTurn === -1 ? call.messages.length : firstTurn;
  const system = call.messages.slice(0, systemCount).flatMap((m) => writeParts(m.parts, refusals));
  for (const { role, parts } of call.messages) {
    if (role === 'system') refuseAllButText(parts, refusals);
  }
  const turns = call.messages.slice(systemCount);
  const body: JsonObject = {
    max_tokens: call.outputTokensMax ?? OUTPUT_TOKENS_DEFAULT,
    messages: turns.map((message) => writeMessage(message, refusals)),
  };
  if (system.length > 0) body['system'] = system;
  if (call.tools.length > 0) {
    body['tools'] = call.tools.map(writeTool);
    const choice = writeToolChoice(call);
    if (choice !== null) body['tool_choice'] = choice;
  }
  if (call.temperature !== null) body['temperature'] = call.temperature.value;
  if (call.topP !== null) body['top_p'] = call.topP;
  if (call.stop !== null) body['stop_sequences'] = [...call.stop.value];
  if (call.user !== null) body['metadata'] = { user_id: call.user };
  const output = writeOutput(call);
  if (output !== null) body['output_config'] = output;
  if (call.isStreamed) body['stream'] = true;
  return body;
}

function refuseForeign(call: NeutralCall, refusals: Refusals): void {
  const { temperature, effort, verbosity, serviceTier, outputSchema, jsonOnly } = call;
  if (jsonOnly !== null) refusals.refuse(jsonOnly.path);
  if (temperature !== null && temperature.value > TEMPERATURE_MAX)
    refusals.refuse(temperature.path);
  if (effort !== null && !EFFORTS.has(effort.value)) refusals.refuse(effort.path);
  // `medium` and `auto` are what happens unasked.
  if (verbosity !== null && verbosity.value !== 'medium') refusals.refuse(verbosity.path);
  if (serviceTier !== null && serviceTier.value !== 'auto') refusals.refuse(serviceTier.path);
  const description = outputSchema?.description ?? null;
  if (description !== null) refusals.refuse(description.path);
}

/** The operator speaks in text here; OpenAI lets a system message show an image. */
function refuseAllButText(parts: readonly NeutralPart[], refusals: Refusals): void {
  for (const { kind, path } of parts) if (kind !== 'text') refusals.refuse(path);
}

function writeMessage({ role, parts }: NeutralMessage, refusals: Refusals): JsonObject {
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'text') return { role, content: first.text };
  return { role, content: writeParts(parts, refusals) };
}

function writeParts(parts: readonly NeutralPart[], refusals: Refusals): JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of parts) {
    // Anthropic refuses a text block without text; it says nothing, so nothing is lost.
    if (part.kind === 'text' && part.text === '') continue;
    const block = writePart(part, refusals);
    if (block !== null) blocks.push(block);
  }
  return blocks;
}

function writePart(part: NeutralPart, refusals: Refusals): JsonObject | null {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      // What the model said when it refused is text here.
      return { type: 'text', text: part.text };
    case 'image':
      return { type: 'image', source: writeImage(part) };
    case 'tool-call': {
      const input = part.argumentsJson === '' ? {} : parseJson(part.argumentsJson);
      if (!isJsonObject(input)) {
        refusals.refuse(part.path);
        return null;
      }
      return { type: 'tool_use', id: part.id, name: part.name, input };
    }
    case 'tool-result':
      return {
        type: 'tool_result',
        tool_use_id: part.id,
        content: writeParts(part.parts, refusals),
        ...(part.isError ? { is_error: true } : {}),
      };
    case 'reasoning':
      // Anthropic takes back only thinking that it signed itself.
      if (part.signature === null) refusals.refuse(part.path);
      return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' };
    default:
      return unreachable(part);
  }
}

const writeImage = ({ source }: ImagePart): JsonObject =>
  'url' in source
    ? { type: 'url', url: source.url }
    : { type: 'base64', media_type: source.mediaType, data: source.base64 };

function writeTool({ name, description, schema, isStrict }: NeutralTool): JsonObject {
  return {
    name,
    ...(description === null ? {} : { description }),
    input_schema: schema,
    ...(isStrict ? { strict: true } : {}),
  };
}

function writeToolChoice({ toolChoice, isParallel }: NeutralCall): JsonObject | null {
  if (toolChoice === 'none') return { type: 'none' };
  const serial = isParallel === null ? {} : { disable_parallel_tool_use: !isParallel };
  if (toolChoice === 'required') return { type: 'any', ...serial };
  if (toolChoice === 'auto') return { type: 'auto', ...serial };
  if (toolChoice !== null) return { type: 'tool', name: toolChoice.name, ...serial };
  return isParallel === null ? null : { type: 'auto', ...serial };
}

function writeOutput({ outputSchema, effort }: NeutralCall): JsonObject | null {
  if (outputSchema === null && effort === null) return null;
  return {
    ...(effort === null ? {} : { effort: effort.value }),
    ...(outputSchema === null ? {} : { format: writeFormat(outputSchema) }),
  };
}

const writeFormat = ({ schema }: OutputSchema): JsonObject => ({ type: 'json_schema', schema });
