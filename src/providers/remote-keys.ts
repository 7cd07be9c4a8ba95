/** The configuration keys of every provider that is reached over the network. */
import { z } from 'zod';

import { dialectNames } from '#domain/call.ts';

import { baseUrlField } from './base-url.ts';

export const remoteProviderKeys = {
  apiKey: z.string().min(1).optional().meta({
    description: 'The secret. Use `${env:NAME}` or `${file:PATH}`; sent to baseUrl only.',
  }),
  baseUrl: baseUrlField.optional(),
  allowPrivateAddress: z
    .boolean()
    .default(false)
    .meta({ description: 'Lets baseUrl be plain http and resolve to a private address.' }),
  dialects: z
    .array(z.enum(dialectNames))
    .min(1)
    .optional()
    .meta({ description: 'The dialects that the server speaks, where that is not the default.' }),
};
