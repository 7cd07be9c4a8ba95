/**
 * The API of OpenAI, and of every server that speaks its dialects (vLLM, Ollama, Azure behind /v1).
 * Paths are constants; nothing of a caller ends up in a path or a header.
 */
import { z } from 'zod';

import type { DialectName } from '#domain/call.ts';
import { assert } from '#stdx/assert.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import { requireHttps } from '../base-url.ts';
import { faultOfStatus } from '../fault-of.ts';
import { defineProvider } from '../provider.ts';
import { remoteProviderKeys } from '../remote-keys.ts';

const PATHS: Partial<Record<DialectName, string>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'openai-embeddings': '/embeddings',
};

const DIALECTS: readonly DialectName[] = ['openai-chat', 'openai-responses', 'openai-embeddings'];

export const openaiProvider = defineProvider({
  type: 'openai',
  description: 'OpenAI, and servers that speak its API: chat, responses, embeddings.',
  config: z.strictObject({
    type: z.literal('openai'),
    ...remoteProviderKeys,
    baseUrl: remoteProviderKeys.baseUrl.default('https://api.openai.com/v1'),
  }),
  create({ baseUrl, allowPrivateAddress, dialects = DIALECTS }) {
    requireHttps(baseUrl, allowPrivateAddress);
    for (const [index, dialect] of dialects.entries()) {
      if (PATHS[dialect] !== undefined) continue;
      throw new ConfigProblem(['dialects', index], `use one of ${DIALECTS.join(', ')}`);
    }
    return {
      type: 'openai',
      baseUrl,
      dialects,
      secretCarrier: { header: 'authorization', prefix: 'Bearer ' },
      headers: [],
      countsTokens: false,
      faultOf: faultOfStatus,
      encode(call, deployment, dialect, body) {
        const path = PATHS[dialect];
        assert(path !== undefined, 'a call is encoded in a dialect that the provider speaks');
        const isStreamed = call.isStreamed && dialect !== 'openai-embeddings';
        return {
          path,
          body: JSON.stringify(bodyOf(dialect, { ...body, model: deployment.model }, isStreamed)),
          isStreamed,
          dialect,
        };
      },
    };
  },
});

function bodyOf(dialect: DialectName, body: JsonObject, isStreamed: boolean): JsonObject {
  if (dialect === 'openai-chat' && isStreamed) {
    const asked = body['stream_options'];
    const options = isJsonObject(asked) ? asked : {};
    // Without it the tokens of a stream are unknown, and a budget would be a guess.
    return { ...body, stream: true, stream_options: { ...options, include_usage: true } };
  }
  // The default of OpenAI is to keep the answer. A dialect that lets `store` through says so itself.
  if (dialect === 'openai-responses') return { ...body, store: body['store'] ?? false };
  return body;
}
