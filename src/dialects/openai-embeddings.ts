/** OpenAI Embeddings. Text in, vectors out; there is no stream. */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { plainUsage, type Usage } from '#domain/money.ts';
import { InvariantViolation } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import { USER } from './claims.ts';
import type { Dialect, ReplyReading } from './dialect.ts';
import { openaiErrorBody } from './error-body.ts';
import { Fields, tokenCount } from './fields.ts';
import {
  elsewhere,
  list,
  oneOf,
  replyContent,
  sealed,
  shape,
  text,
  valueAt,
  type Visit,
  Walk,
} from './walk.ts';

/** Token numbers are text that nobody can read without the tokenizer that made them. */
const inputItem: Visit = (walk, holder, key, path) => {
  if (typeof valueAt(holder, key) === 'string') text(USER)(walk, holder, key, path);
  else walk.refuse({ reason: 'content-unscannable', field: path, kind: 'tokens' });
};

const input: Visit = (walk, holder, key, path) => {
  if (Array.isArray(valueAt(holder, key))) list(inputItem)(walk, holder, key, path);
  else inputItem(walk, holder, key, path);
};

const request = shape({ model: elsewhere, input, encoding_format: oneOf('float', 'base64') });

/** A vector as base64 is numbers, not text. */
const reply = shape({ data: list(shape({ embedding: sealed })) });

function parse(body: JsonObject): Result<Call, Denial> {
  const fields = new Fields(body);
  const walk = new Walk(body);
  fields.present('input');
  request(walk, [body], 0, '');
  return fields.result(walk, {
    dialect: 'openai-embeddings',
    action: 'embeddings',
    model: fields.model(),
    isStreamed: false,
    content: walk.builder.build(),
    maxOutputTokens: 0,
    choices: 1,
    tools: [],
    features: new Set(),
    opaques: [],
    heldState: [],
    sealedCount: 0,
    endUser: fields.endUser(body['user'], 'user'),
    wantsStreamUsage: false,
  });
}

function usageOf(body: JsonObject): Usage | null {
  const usage = body['usage'];
  const inputTokens = isJsonObject(usage) ? tokenCount(usage['prompt_tokens']) : null;
  return inputTokens === null ? null : plainUsage(inputTokens, 0, 'provider');
}

const readReply = (body: JsonObject): ReplyReading => ({
  usage: usageOf(body),
  open: () => replyContent(body, reply),
});

export const openaiEmbeddings: Dialect = {
  name: 'openai-embeddings',
  parse,
  readReply,
  bornIds: () => [],
  boundOutput() {
    // Vectors have no length to bound.
  },
  openStream() {
    throw new InvariantViolation('embeddings are never streamed; `parse` says so');
  },
  errorBody: openaiErrorBody,
};
