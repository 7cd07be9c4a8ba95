/** OpenAI Chat Completions: requests and whole replies. Streams are in `openai-chat-stream.ts`. */
import type { Call, DialectName, Feature } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import { chatBornIds } from './born-ids.ts';
import {
  ASSISTANT,
  REASONING,
  SYSTEM,
  TOOL_ARGUMENTS,
  TOOL_ARGUMENTS_JSON,
  TOOL_DEFINITION,
  TOOL_NAME,
  TOOL_RESULT,
  USER,
} from './claims.ts';
import type { Dialect, ReplyReading } from './dialect.ts';
import { openaiErrorBody } from './error-body.ts';
import { Fields, listAt, objectAt, toolsOf } from './fields.ts';
import { heldState } from './held-state.ts';
import { joinParts } from './neutral/read-chat-reply.ts';
import { OpenAiChatStream } from './openai-chat-stream.ts';
import { structuredText } from './structured-text.ts';
import { dropRepeats, hasRepeats } from './token-repeats.ts';
import { openaiChatUsage } from './told-usage.ts';
import {
  constant,
  elsewhere,
  list,
  metadata,
  oneOf,
  opaque,
  replyContent,
  shape,
  tagged,
  text,
  textOr,
  toolCall,
  urlOrBytes,
  valueAt,
  type Visit,
  Walk,
} from './walk.ts';

const file = shape({ file: shape({ file_id: heldState('file'), file_data: elsewhere }) });

const partsOf = (plain: Visit, otherwise?: Visit): Visit =>
  textOr(
    plain,
    list(
      tagged(
        'type',
        {
          text: shape({ type: oneOf('text'), text: plain }),
          refusal: shape({ type: oneOf('refusal'), refusal: plain }),
          image_url: opaque('image', shape({ image_url: shape({ url: urlOrBytes }) })),
          input_audio: opaque('audio', shape({ input_audio: shape({ data: elsewhere }) })),
          file: opaque('file', file),
        },
        otherwise,
      ),
    ),
  );

const toolCalls = list(
  shape({
    function: toolCall('arguments', TOOL_ARGUMENTS_JSON),
    custom: toolCall('input', TOOL_ARGUMENTS),
  }),
);

const assistantMessage = {
  content: partsOf(text(ASSISTANT)),
  refusal: text(ASSISTANT),
  reasoning_content: text(REASONING),
  reasoning: text(REASONING),
  reasoning_details: structuredText,
  tool_calls: toolCalls,
  function_call: toolCall('arguments', TOOL_ARGUMENTS_JSON),
};

const system = shape({ role: oneOf('system', 'developer'), content: partsOf(text(SYSTEM)) });
const toolResult = shape({ role: oneOf('tool', 'function'), content: partsOf(text(TOOL_RESULT)) });

const message = tagged('role', {
  system,
  developer: system,
  user: shape({ role: oneOf('user'), content: partsOf(text(USER)) }),
  assistant: shape({
    role: oneOf('assistant'),
    ...assistantMessage,
    // Audio of an earlier answer is kept by the provider and named by an id.
    audio: heldState('audio'),
  }),
  tool: toolResult,
  function: toolResult,
});

const tool = tagged('type', {
  function: shape({ type: oneOf('function'), function: text(TOOL_DEFINITION) }),
  custom: shape({ type: oneOf('custom'), custom: text(TOOL_DEFINITION) }),
});

/** Anything but text in an answer is content that no text guard reads. */
const modalities: Visit = (walk, holder, key, path) => {
  const value = valueAt(holder, key);
  const others = Array.isArray(value) ? value.filter((kind) => kind !== 'text') : [];
  if (others.length > 0) walk.opaques.push({ kind: 'audio', path });
  metadata(walk, holder, key, path);
};

const request = shape({
  // `model` is looked up in a closed list, and replaced by the deployment's own.
  model: elsewhere,
  messages: list(message),
  tools: list(tool),
  functions: list(text(TOOL_DEFINITION)),
  tool_choice: text(TOOL_NAME),
  response_format: text(TOOL_DEFINITION),
  prediction: shape({ content: partsOf(text(USER)) }),
  modalities,
  store: heldState('store'),
  web_search_options: heldState('hosted-tools'),
});

/** What a server has made up is told in streams as well: there it is on channels, here in this place. */
const replyMessage = shape(
  {
    role: constant('assistant'),
    ...assistantMessage,
    content: partsOf(text(ASSISTANT), structuredText),
  },
  structuredText,
);

const reply = shape({
  object: constant('chat.completion'),
  service_tier: constant('default', 'auto', 'flex', 'priority'),
  choices: list(
    shape({
      finish_reason: constant('stop', 'length', 'tool_calls', 'content_filter', 'function_call'),
      message: replyMessage,
    }),
  ),
});

function parse(body: JsonObject): Result<Call, Denial> {
  const fields = new Fields(body);
  const walk = new Walk(body);
  fields.nonEmptyList('messages');
  request(walk, [body], 0, '');
  return fields.result(walk, {
    dialect: 'openai-chat',
    action: 'chat',
    model: fields.model(),
    isStreamed: fields.flag('stream'),
    content: walk.builder.build(),
    maxOutputTokens: fields.count('max_completion_tokens', 'max_tokens'),
    choices: fields.choices(),
    tools: [...toolsOf(body['tools']), ...toolsOf(body['functions'])],
    features: featuresOf(body),
    opaques: walk.opaques,
    heldState: walk.heldState,
    sealedCount: walk.sealedCount,
    endUser: fields.endUser(body['user'], 'user'),
    wantsStreamUsage: objectAt(body, 'stream_options')?.['include_usage'] === true,
  });
}

function featuresOf(body: JsonObject): ReadonlySet<Feature> {
  const features = new Set<Feature>();
  if (listAt(body, 'tools').length + listAt(body, 'functions').length > 0) features.add('tools');
  if (body['logprobs'] === true) features.add('logprobs');
  if (body['reasoning_effort'] !== undefined) features.add('reasoning');
  const format = objectAt(body, 'response_format')?.['type'];
  if (format === 'json_schema') features.add('structured-output');
  return features;
}

/** What to call when it was edited: it drops what repeats the choices that are not what they were. */
function editedChoices(body: JsonObject): () => void {
  const choices = listAt(body, 'choices').filter(isJsonObject);
  if (![body, ...choices].some(hasRepeats)) return () => {};
  const before = choices.map(answerOf);
  return () => {
    for (const [index, choice] of choices.entries()) {
      if (answerOf(choice) !== before[index]) dropRepeats(choice, body);
    }
  };
}

/** All of the message: servers that show thinking and calls list their tokens as well. */
const answerOf = (choice: JsonObject): string => JSON.stringify(choice['message'] ?? null);

const readReply = (body: JsonObject, client: DialectName): ReplyReading => ({
  usage: openaiChatUsage(body),
  open() {
    const choices = listAt(body, 'choices');
    if (client !== 'openai-chat')
      choices.forEach((choice) => joinParts(objectAt(choice, 'message')));
    return replyContent(body, reply, editedChoices(body));
  },
});

export const openaiChat: Dialect = {
  name: 'openai-chat',
  parse,
  readReply,
  bornIds: chatBornIds,
  openStream: (call) => new OpenAiChatStream(call),
  /** In the field that the caller used: newer models refuse the old one, older servers the new one. */
  boundOutput(body, tokens) {
    const isOld = Object.hasOwn(body, 'max_tokens');
    // Where both stand, a server may obey either of them.
    if (isOld) body['max_tokens'] = tokens;
    if (!isOld || Object.hasOwn(body, 'max_completion_tokens')) {
      body['max_completion_tokens'] = tokens;
    }
  },
  errorBody: openaiErrorBody,
};
