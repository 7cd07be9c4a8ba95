/** OpenAI Responses: requests and whole replies. */
import type { Call, Feature } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { ToolDefinition } from '#domain/tool-definition.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import { responsesBornIds } from './born-ids.ts';
import { SYSTEM, TOOL_DEFINITION, TOOL_NAME, TOOL_RESULT, USER } from './claims.ts';
import type { Dialect, ReplyReading } from './dialect.ts';
import { openaiErrorBody } from './error-body.ts';
import { Fields, listAt, objectAt, toolsOf } from './fields.ts';
import { heldState } from './held-state.ts';
import {
  dropLogprobs,
  hosted,
  message,
  partsOf,
  replyFields,
  requestReasoning,
  sharedItems,
  system,
} from './openai-responses-fields.ts';
import { OpenAiResponsesStream } from './openai-responses-stream.ts';
import { responsesUsage } from './told-usage.ts';
import { elsewhere, list, replyContent, shape, tagged, text, textOr, Walk } from './walk.ts';

/** A message may leave its type out; everything else must say what it is. */
const item = tagged(
  'type',
  {
    ...sharedItems,
    reasoning: requestReasoning,
    function_call_output: shape({ output: partsOf(text(TOOL_RESULT)) }),
    custom_tool_call_output: shape({ output: partsOf(text(TOOL_RESULT)) }),
  },
  tagged('role', { system, developer: system, user: message, assistant: message }, hosted),
);

const tool = tagged(
  'type',
  { function: text(TOOL_DEFINITION), custom: text(TOOL_DEFINITION) },
  hosted,
);

const request = shape({
  model: elsewhere,
  input: textOr(text(USER), list(item)),
  instructions: text(SYSTEM),
  tools: list(tool),
  tool_choice: text(TOOL_NAME),
  text: text(TOOL_DEFINITION),
  previous_response_id: heldState('previous-response'),
  conversation: heldState('conversation'),
  background: heldState('background'),
  store: heldState('store'),
  prompt: heldState('stored-prompt'),
});

const reply = shape(replyFields);

function parse(body: JsonObject): Result<Call, Denial> {
  const fields = new Fields(body);
  const walk = new Walk(body);
  fields.present('input');
  request(walk, [body], 0, '');
  return fields.result(walk, {
    dialect: 'openai-responses',
    action: 'chat',
    model: fields.model(),
    isStreamed: fields.flag('stream'),
    content: walk.builder.build(),
    maxOutputTokens: fields.count('max_output_tokens'),
    choices: 1,
    tools: [...toolsOf(body['tools']), ...loadedTools(body)],
    features: featuresOf(body),
    opaques: walk.opaques,
    heldState: walk.heldState,
    sealedCount: walk.sealedCount,
    endUser: fields.endUser(body['user'], 'user'),
    wantsStreamUsage: true,
  });
}

/** What a search for tools has found is declared in the history, and is callable from there on. */
const loadedTools = (body: JsonObject): ToolDefinition[] =>
  listAt(body, 'input').flatMap((item) => (isJsonObject(item) ? toolsOf(item['tools']) : []));

function featuresOf(body: JsonObject): ReadonlySet<Feature> {
  const features = new Set<Feature>();
  if (listAt(body, 'tools').length > 0) features.add('tools');
  if (objectAt(body, 'reasoning') !== null) features.add('reasoning');
  const format = objectAt(objectAt(body, 'text') ?? {}, 'format')?.['type'];
  if (format === 'json_schema') features.add('structured-output');
  return features;
}

const readReply = (body: JsonObject): ReplyReading => ({
  usage: responsesUsage(body),
  open: () => replyContent(body, reply, () => dropLogprobs(body)),
});

export const openaiResponses: Dialect = {
  name: 'openai-responses',
  parse,
  readReply,
  bornIds: responsesBornIds,
  openStream: () => new OpenAiResponsesStream(),
  boundOutput(body, tokens) {
    body['max_output_tokens'] = tokens;
  },
  errorBody: openaiErrorBody,
};
