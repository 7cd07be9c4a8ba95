/** What both directions of OpenAI Responses hold, and where text stands in it. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import {
  ASSISTANT,
  REASONING,
  SYSTEM,
  TOOL_ARGUMENTS,
  TOOL_ARGUMENTS_JSON,
  TOOL_DEFINITION,
  USER,
} from './claims.ts';
import { listAt, objectAt, stringOr } from './fields.ts';
import { heldNode, heldState, type Node, typeOf } from './held-state.ts';
import {
  elsewhere,
  list,
  metadata,
  oneOf,
  opaque,
  sealed,
  shape,
  tagged,
  text,
  textOr,
  toolCall,
  urlOrBytes,
  type Visit,
  valueAt,
} from './walk.ts';

const image = opaque('image', shape({ image_url: urlOrBytes, file_id: heldState('file') }));
const file = opaque(
  'file',
  shape({ file_id: heldState('file'), file_data: elsewhere, file_url: metadata }),
);

export const partsOf = (plain: Visit): Visit =>
  textOr(
    plain,
    list(
      tagged('type', {
        input_text: shape({ type: oneOf('input_text'), text: plain }),
        output_text: shape({ type: oneOf('output_text'), text: plain }),
        text: shape({ type: oneOf('text'), text: plain }),
        refusal: shape({ type: oneOf('refusal'), refusal: plain }),
        input_image: image,
        input_file: file,
        input_audio: opaque('audio', shape({ input_audio: shape({ data: elsewhere }) })),
      }),
    ),
  );

export const system = shape({
  role: oneOf('system', 'developer'),
  content: partsOf(text(SYSTEM)),
});

export const message = tagged('role', {
  system,
  developer: system,
  user: shape({ role: oneOf('user'), content: partsOf(text(USER)) }),
  assistant: shape({ role: oneOf('assistant'), content: partsOf(text(ASSISTANT)) }),
});

const summaries = list(shape({ text: text(REASONING) }));

function nodeOf(value: JsonValue | undefined): Node {
  const type = typeOf(value);
  const id = isJsonObject(value) ? value['id'] : undefined;
  // An item may be named instead of spelt out; the type may then be left out.
  const isReference = type === 'item_reference' || (type === null && typeof id === 'string');
  if (isReference) return { kind: 'previous-response', id: stringOr(id, ''), links: ['id'] };
  return { kind: type?.startsWith('mcp') === true ? 'remote-mcp' : 'hosted-tools' };
}

/** Items that a tool or a store of the provider's made: state outside this gateway. */
export const hosted: Visit = heldNode(nodeOf);

const functionCall = toolCall('arguments', TOOL_ARGUMENTS_JSON);
const customCall = toolCall('input', TOOL_ARGUMENTS);

const reasoning = shape({ summary: summaries, content: summaries, encrypted_content: sealed });

/** OpenAI looks reasoning up by its id, whatever is written beside it, unless it is encrypted. */
export const requestReasoning: Visit = (walk, holder, key, path) => {
  const value = valueAt(holder, key);
  const { id, encrypted_content: sealedText } = isJsonObject(value) ? value : {};
  const isSealed = typeof sealedText === 'string' && sealedText !== '';
  if (typeof id === 'string' && !isSealed) {
    walk.heldState.push({ kind: 'item', path: `${path}.id`, id });
  }
  reasoning(walk, holder, key, path);
};

/** Items that both a request and a reply may hold. */
export const sharedItems: Record<string, Visit> = {
  message,
  function_call: functionCall,
  custom_tool_call: customCall,
  reasoning,
};

/** Calls in answers that have a type of their own, and those of remote tools. */
const otherCalls: Record<string, Visit> = {
  local_shell_call: toolCall('action', TOOL_ARGUMENTS, 'local_shell'),
  shell_call: toolCall('action', TOOL_ARGUMENTS, 'shell'),
  computer_call: toolCall('action', TOOL_ARGUMENTS, 'computer'),
  apply_patch_call: toolCall('operation', TOOL_ARGUMENTS, 'apply_patch'),
  mcp_call: toolCall('arguments', TOOL_ARGUMENTS_JSON),
  code_interpreter_call: toolCall('code', TOOL_ARGUMENTS, 'code_interpreter'),
};

const replyItem = tagged('type', { ...sharedItems, ...otherCalls }, metadata);

/**
 * The fields that text stands in, in a reply and in the stream events that repeat it whole. Items
 * that are not named are scanned as metadata.
 */
export const replyFields: Record<string, Visit> = {
  output: list(replyItem),
  instructions: textOr(text(SYSTEM), metadata),
  tools: text(TOOL_DEFINITION),
  output_text: text(ASSISTANT),
};

const reasoningPart = shape({ text: text(REASONING) });

/** The same inside stream events, where a response, an item or a part comes whole. */
export const replyEventFields: Record<string, Visit> = {
  response: shape(replyFields),
  item: replyItem,
  part: tagged(
    'type',
    { summary_text: reasoningPart, reasoning_text: reasoningPart },
    shape({ text: text(ASSISTANT), refusal: text(ASSISTANT) }),
  ),
};

/** Token texts spell the answer a second time, in pieces: they go where the answer was edited. */
export function dropLogprobs(body: JsonObject): void {
  if (body['logprobs'] !== undefined) body['logprobs'] = [];
  for (const part of listAt(body, 'content')) {
    if (isJsonObject(part)) dropLogprobs(part);
  }
  for (const output of listAt(body, 'output')) {
    if (isJsonObject(output)) dropLogprobs(output);
  }
  for (const name of ['response', 'item', 'part']) {
    const member = objectAt(body, name);
    if (member !== null) dropLogprobs(member);
  }
}
