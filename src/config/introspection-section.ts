/** `auth.introspection`: servers that are asked what a token is worth (RFC 7662). */
import { z } from 'zod';

import { referredSealed } from '#custody/sealed.ts';

import { durationField } from './duration.ts';
import { checkTenant, claimKeys, needsHttps } from './jwt-section.ts';

const text = z.string().min(1).max(512);

const tokenServer = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/u, error: 'write an https URL' })
      .max(2_048)
      .meta({ description: 'Where it is asked.' }),
    clientId: text.meta({ description: 'As which client this gateway asks.' }),
    clientSecret: z
      .string()
      .min(8, 'a secret has at least 8 characters')
      .refine((secret) => secret.length <= 4_096 || referredSealed(secret) !== null, {
        error: 'a secret has at most 4096 characters',
      })
      .meta({ description: 'The secret of that client: ${env:NAME} or ${file:PATH}.' }),
    issuer: text.optional().meta({ description: 'What `iss` must be, where the server says one.' }),
    audience: z
      .union([text, z.array(text).min(1).max(64)], 'name an audience, or a list of audiences')
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .optional()
      .meta({ description: 'One of these must be in `aud`. Left out: whatever it says.' }),
    cache: durationField({ min: '0s', max: '30s' }).prefault('10s').meta({
      description: 'How long an answer counts: so long after it was revoked a token still works.',
    }),
    ...claimKeys,
  })
  .superRefine((entry, context) => {
    needsHttps(entry, 'endpoint', entry.endpoint, context);
    checkTenant(entry, context);
  });

export const introspectionSection = z
  .array(tokenServer)
  .max(4)
  .default([])
  .meta({ description: 'Servers that are asked about opaque tokens (RFC 7662), in order.' });
