/** `auth:` in the configuration: which proofs of identity are accepted. */
import { z } from 'zod';

import { durationField, quotaField } from './duration.ts';
import { whenObject } from './fields.ts';
import { introspectionSection } from './introspection-section.ts';
import { mtlsSection } from './mtls-section.ts';
import { jwtSection } from './jwt-section.ts';

const PROOF_AGE_MAX = '5m';
/** What a store of used proofs must be able to remember. */
export const PROOF_AGE_MS_MAX = 300_000;

export const authSection = z
  .strictObject({
    apiKeys: z
      .strictObject({
        enabled: z.boolean().default(true).meta({ description: 'Accept keys of this gateway.' }),
        quarantine: quotaField.optional().meta({
          description:
            'A key of whose calls so many are refused by rules of roles or blocked by guards is put aside until somebody releases it. Left out: none is. Whoever can make a holder send such calls can have its key put aside.',
        }),
      })
      .prefault({}),
    failuresPerAddress: quotaField.prefault('60/1m').meta({
      description:
        'How many credentials of one address (/32, /64) may fail. Beyond that, tokens that are not known yet are not looked at; known callers go on.',
    }),
    failuresPerKey: quotaField.prefault('20/1m').meta({
      description:
        'How many wrong secrets may be tried for one key, from wherever. Beyond that they get a 429 and an alert is raised; the right secret works on.',
    }),
    jwt: jwtSection,
    endUsers: jwtSection.meta({
      description:
        'Issuers of tokens that callers send in `x-llmproxy-end-user`: the user of the token is the user of the call. Left out: such tokens are refused.',
    }),
    introspection: introspectionSection,
    mtls: mtlsSection,
    tokens: z
      .strictObject({
        lifetime: durationField({ min: '1m', max: '1h' }).prefault('15m').meta({
          description: 'How long a token works.',
        }),
      })
      .optional()
      .meta({
        description:
          'Gives short-lived tokens for keys at /oauth/token (client credentials). Needs `auth.resource`. Left out: none are given.',
      }),
    dpop: z
      .strictObject({
        ageMax: durationField({ min: '5s', max: PROOF_AGE_MAX }).prefault('60s').meta({
          description: 'How long a proof counts after it was made.',
        }),
        onUnavailable: z.enum(['deny', 'alone']).default('deny').meta({
          description:
            'With `counters`, proofs that were used at any gateway are known to all. While that store does not answer: deny refuses calls with proofs; alone lets each gateway know its own.',
        }),
      })
      .optional()
      .meta({
        description:
          'Takes tokens that are bound to a key, with a proof for each request (DPoP, RFC 9449). Needs `auth.resource`. Left out: such tokens are refused.',
      }),
    resource: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/u, error: 'write an https URL' })
          .max(2_048)
          .meta({
            description: 'The address of this gateway, as clients write it.',
          }),
        authorizationServers: z
          .array(z.url({ protocol: /^https?$/u, error: 'write an https URL' }).max(2_048))
          .max(64)
          .optional()
          .meta({ description: 'Where clients get tokens. Left out: the issuers of `auth.jwt`.' }),
        scopes: z
          .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/u))
          .max(256)
          .default([])
          .meta({
            description: 'Scopes that clients may ask for.',
          }),
      })
      .optional()
      .meta({
        description: 'Tells clients where to get tokens (RFC 9728). Left out: nothing is told.',
      }),
  })
  .refine(({ tokens, resource }) => tokens === undefined || resource !== undefined, {
    path: ['tokens'],
    when: whenObject,
    error: 'tokens name this gateway as their issuer: set `auth.resource.url`',
  })
  .refine(({ dpop, resource }) => dpop === undefined || resource !== undefined, {
    path: ['dpop'],
    when: whenObject,
    error: 'proofs name the address of this gateway: set `auth.resource.url`',
  })
  .meta({ description: 'How callers prove who they are.' });
