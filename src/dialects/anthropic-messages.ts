/** Anthropic Messages and count_tokens: requests and whole replies. */
import type { Call, DialectName, Feature } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { ToolDefinition } from '#domain/tool-definition.ts';
import type { Usage } from '#domain/money.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import { AnthropicMessagesStream } from './anthropic-messages-stream.ts';
import { anthropicBornIds } from './born-ids.ts';
import {
  ASSISTANT,
  DOCUMENT,
  SEALED_REASONING,
  SYSTEM,
  TOOL_ARGUMENTS,
  TOOL_DEFINITION,
  TOOL_NAME,
  TOOL_RESULT,
  USER,
} from './claims.ts';
import type { Dialect, ReplyReading } from './dialect.ts';
import { anthropicErrorBody } from './error-body.ts';
import { Fields, listAt, objectAt, toolsOf } from './fields.ts';
import { joinBlocks, joinsBlocks } from './joined-blocks.ts';
import { heldNode, heldState, typeOf } from './held-state.ts';
import { anthropicUsage } from './told-usage.ts';
import {
  elsewhere,
  list,
  metadata,
  oneOf,
  opaque,
  replyContent,
  sealed,
  shape,
  tagged,
  text,
  textOr,
  toolCall,
  valueAt,
  type Visit,
  Walk,
} from './walk.ts';

const fileSource = shape({ file_id: heldState('file') });
const bytesSource = shape({ type: oneOf('base64'), data: elsewhere });
const urlSource = shape({ type: oneOf('url') });

const image = opaque(
  'image',
  shape({ source: tagged('type', { base64: bytesSource, url: urlSource, file: fileSource }) }),
);

const textBlock = (plain: Visit): Visit => shape({ type: oneOf('text'), text: plain });

/** Bytes of a document are opaque; its text and its content blocks are read like any other. */
const document: Visit = (walk, holder, key, path) => {
  const source = objectAt(valueAt(holder, key), 'source')?.['type'];
  const plain = text(DOCUMENT);
  const visit = shape({
    source: tagged('type', {
      text: shape({ type: oneOf('text'), data: plain }),
      content: shape({
        content: textOr(plain, list(tagged('type', { text: textBlock(plain), image }))),
      }),
      base64: bytesSource,
      url: urlSource,
      file: fileSource,
    }),
    title: plain,
    context: plain,
  });
  if (source !== 'text' && source !== 'content') opaque('file', visit)(walk, holder, key, path);
  else visit(walk, holder, key, path);
};

const searchResult = shape({
  source: text(DOCUMENT),
  title: text(DOCUMENT),
  content: list(tagged('type', { text: textBlock(text(DOCUMENT)) })),
});

const toolResult = shape({
  content: textOr(
    text(TOOL_RESULT),
    list(
      tagged('type', {
        text: textBlock(text(TOOL_RESULT)),
        image,
        document,
        search_result: searchResult,
        tool_reference: text(TOOL_RESULT),
      }),
    ),
  ),
});

/** A block that a tool of the provider's own made: work and state outside this gateway. */
const hosted = heldNode((value) => ({
  kind: typeOf(value)?.startsWith('mcp_') === true ? 'remote-mcp' : 'hosted-tools',
  // The block itself is in the body, whole: its id links it to its result and to nothing else, and
  // its input is what the model said.
  links: ['id', 'input'],
}));

const HOSTED_BLOCKS = [
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
  'container_upload',
];

const blocksOf = (plain: Visit): Record<string, Visit> => ({
  text: textBlock(plain),
  image,
  document,
  search_result: searchResult,
  tool_use: toolCall('input', TOOL_ARGUMENTS),
  tool_result: toolResult,
  thinking: shape({ thinking: text(SEALED_REASONING), signature: sealed }),
  redacted_thinking: shape({ data: sealed }),
  ...Object.fromEntries(HOSTED_BLOCKS.map((type) => [type, hosted])),
});

const messageOf = (role: string, plain: Visit): Visit =>
  shape({ role: oneOf(role), content: textOr(plain, list(tagged('type', blocksOf(plain)))) });

const message = tagged('role', {
  user: messageOf('user', text(USER)),
  assistant: messageOf('assistant', text(ASSISTANT)),
  system: messageOf('system', text(SYSTEM)),
});

/** Tools that the caller itself runs, by the prefix of their dated type names. */
const CLIENT_TOOLS = /^(?:custom|(?:bash|text_editor|computer|memory)_\d{8})$/u;

const tool: Visit = (walk, holder, key, path) => {
  const value = valueAt(holder, key);
  const type = isJsonObject(value) ? (value['type'] ?? 'custom') : 'custom';
  const isOurs = typeof type === 'string' && CLIENT_TOOLS.test(type);
  if (isOurs) text(TOOL_DEFINITION)(walk, holder, key, path);
  else hosted(walk, holder, key, path);
};

const request = shape({
  model: elsewhere,
  system: textOr(text(SYSTEM), list(tagged('type', { text: textBlock(text(SYSTEM)) }))),
  messages: list(message),
  tools: list(tool),
  tool_choice: text(TOOL_NAME),
  output_config: text(TOOL_DEFINITION),
  output_format: text(TOOL_DEFINITION),
  mcp_servers: heldState('remote-mcp'),
  container: heldState('container'),
});

const hostedCall = toolCall('input', TOOL_ARGUMENTS);
/** In an answer a tool of the provider's is a call like any other: it was made with this input. */
const replyBlocks = {
  ...blocksOf(text(ASSISTANT)),
  server_tool_use: hostedCall,
  mcp_tool_use: hostedCall,
};

const reply = shape({ content: list(tagged('type', replyBlocks, metadata)) });

function parse(body: JsonObject, action: Call['action']): Result<Call, Denial> {
  const fields = new Fields(body);
  const walk = new Walk(body);
  fields.nonEmptyList('messages');
  if (action === 'chat') fields.present('max_tokens');
  request(walk, [body], 0, '');
  return fields.result(walk, {
    dialect: 'anthropic-messages',
    action,
    model: fields.model(),
    isStreamed: action === 'chat' && fields.flag('stream'),
    content: walk.builder.build(),
    maxOutputTokens: action === 'chat' ? fields.count('max_tokens') : 0,
    choices: 1,
    tools: [...toolsOf(body['tools']), ...remoteServers(body)],
    features: featuresOf(body),
    opaques: walk.opaques,
    heldState: walk.heldState,
    sealedCount: walk.sealedCount,
    endUser: fields.endUser(objectAt(body, 'metadata')?.['user_id'], 'metadata.user_id'),
    wantsStreamUsage: true,
  });
}

/** A server of tools is what the other dialect calls a tool of type `mcp`. */
const remoteServers = (body: JsonObject): ToolDefinition[] =>
  listAt(body, 'mcp_servers').map((declared) => ({ name: 'mcp', declared }));

function featuresOf(body: JsonObject): ReadonlySet<Feature> {
  const features = new Set<Feature>();
  if (listAt(body, 'tools').length > 0) features.add('tools');
  const thinking = objectAt(body, 'thinking')?.['type'];
  if (thinking === 'enabled' || thinking === 'adaptive') features.add('reasoning');
  if (objectAt(body, 'output_config')?.['format'] !== undefined) features.add('structured-output');
  return features;
}

/** A count is a reply too: `{"input_tokens": 12}`. */
function usageOf(body: JsonObject): Usage | null {
  const count: JsonValue | undefined = body['input_tokens'];
  return count === undefined
    ? anthropicUsage(body['usage'])
    : anthropicUsage({ input_tokens: count, output_tokens: 0 });
}

const readReply = (body: JsonObject, client: DialectName): ReplyReading => ({
  usage: usageOf(body),
  open() {
    if (joinsBlocks(client)) joinBlocks(body);
    return replyContent(body, reply);
  },
});

export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  parse,
  readReply,
  bornIds: anthropicBornIds,
  openStream: ({ dialect }) => new AnthropicMessagesStream(dialect),
  boundOutput(body, tokens) {
    body['max_tokens'] = tokens;
  },
  errorBody: anthropicErrorBody,
};
