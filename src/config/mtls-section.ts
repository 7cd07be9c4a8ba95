/** `auth.mtls`: whose the client certificates are that the listener has checked. */
import { z } from 'zod';

import { nameField } from './fields.ts';

const pattern = z.string().min(1).max(512);

export const mtlsSection = z
  .array(
    z
      .strictObject({
        uri: pattern.optional().meta({
          description: 'Its one URI name (SPIFFE), with `*`: `spiffe://bank.example/*`.',
        }),
        dns: pattern.optional().meta({ description: 'Its one DNS name, with `*`.' }),
        cn: pattern.optional().meta({ description: 'The common name of its subject, with `*`.' }),
        tenant: nameField.meta({ description: 'Whose callers these are.' }),
        team: nameField.optional().meta({ description: 'Whose team they count for.' }),
        user: z.boolean().default(true).meta({
          description: 'The name that was matched is the user. False: they are of no user.',
        }),
        userPrefix: z
          .string()
          .regex(/^[\x21-\x7e]{0,64}$/u, 'use at most 64 printable characters without spaces')
          .default('')
          .meta({ description: 'Put before the name.' }),
        roles: z.array(nameField).max(32).default([]).meta({
          description: 'Roles of these callers, beside those that bindings give.',
        }),
      })
      .refine(
        ({ uri, dns, cn }) => [uri, dns, cn].filter((one) => one !== undefined).length === 1,
        {
          error: 'say which name of the certificate counts: one of uri, dns and cn',
        },
      ),
  )
  .max(1_000)
  .default([])
  .meta({ description: 'Callers by their client certificates. The first entry that fits counts.' });
