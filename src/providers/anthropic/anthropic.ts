/** The API of Anthropic. Paths and headers are constants; nothing of a caller ends up in them. */
import { z } from 'zod';

import type { DialectName } from '#domain/call.ts';
import { assert } from '#stdx/assert.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { requireHttps } from '../base-url.ts';
import { faultOfStatus } from '../fault-of.ts';
import { defineProvider } from '../provider.ts';
import { remoteProviderKeys } from '../remote-keys.ts';

const DIALECTS: readonly DialectName[] = ['anthropic-messages'];
const API_VERSION = '2023-06-01';

export const anthropicProvider = defineProvider({
  type: 'anthropic',
  description: 'Anthropic, and servers that speak its API: messages, count_tokens.',
  config: z.strictObject({
    type: z.literal('anthropic'),
    ...remoteProviderKeys,
    baseUrl: remoteProviderKeys.baseUrl.default('https://api.anthropic.com/v1'),
  }),
  create({ baseUrl, allowPrivateAddress, dialects = DIALECTS }) {
    requireHttps(baseUrl, allowPrivateAddress);
    for (const [index, dialect] of dialects.entries()) {
      if (dialect === 'anthropic-messages') continue;
      throw new ConfigProblem(['dialects', index], 'use anthropic-messages');
    }
    return {
      type: 'anthropic',
      baseUrl,
      dialects,
      secretCarrier: { header: 'x-api-key', prefix: '' },
      headers: ['anthropic-version', API_VERSION],
      countsTokens: true,
      faultOf: faultOfStatus,
      encode(call, deployment, dialect, body) {
        assert(dialect === 'anthropic-messages', 'a call is encoded in a dialect that is spoken');
        const isCount = call.action === 'count-tokens';
        const isStreamed = call.isStreamed && !isCount;
        return {
          path: isCount ? '/messages/count_tokens' : '/messages',
          body: JSON.stringify({ ...body, model: deployment.model }),
          isStreamed,
          dialect,
        };
      },
    };
  },
});
