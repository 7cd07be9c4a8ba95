/** `admin.sessions`, `admin.accounts` and `admin.oidc`: how people sign in to the admin plane. */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import { durationField } from './duration.ts';
import { nameField, whenObject } from './fields.ts';
import { needsHttps } from './jwt-section.ts';

const text = z.string().min(1).max(512);

export const sessionsField = z
  .strictObject({
    idle: durationField({ min: '1m', max: '24h' }).prefault('30m').meta({
      description: 'A session that is not used for so long is over.',
    }),
    absolute: durationField({ min: '5m', max: '7d' }).prefault('12h').meta({
      description: 'So long after signing in a session is over, however it is used.',
    }),
  })
  .prefault({})
  .meta({ description: 'Sessions of people.' });

export const accountsField = z
  .strictObject({
    enabled: z.boolean().default(true).meta({
      description: 'People may sign in with a password of this gateway.',
    }),
    secondFactor: z.enum(['optional', 'required']).default('optional').meta({
      description: 'Required: who has no authenticator may do nothing but set one up.',
    }),
  })
  .prefault({})
  .meta({ description: 'Accounts of people that this gateway keeps.' });

const mapping = z
  .strictObject({
    group: text.meta({ description: 'A value of the claim.' }),
    role: z.enum(adminRoles),
    tenant: nameField.optional().meta({
      description: 'Nothing outside this tenant exists for the person. Left out: all tenants.',
    }),
  })
  .refine(({ role, tenant }) => role !== 'tenant-admin' || tenant !== undefined, {
    path: ['tenant'],
    when: whenObject,
    error: 'a tenant-admin is of one tenant: name it',
  });

const webAddress = z.url({ protocol: /^https?$/u, error: 'write an https URL' }).max(2_048);

export const oidcField = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]{1,64}$/u)
      .default('your organisation')
      .meta({ description: 'On the button: Sign in with ….' }),
    issuer: webAddress.meta({ description: 'What `iss` is; its metadata is read from there.' }),
    clientId: text.meta({ description: 'As which client this gateway is registered.' }),
    clientSecret: z.string().min(8, 'a secret has at least 8 characters').max(4_096).meta({
      description: 'The secret of that client: ${env:NAME} or ${file:PATH}.',
    }),
    publicUrl: webAddress.meta({
      description:
        'Where browsers reach the admin plane. Register publicUrl + /admin/v1/login/oidc/callback.',
    }),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/u))
      .max(32)
      .default(['profile', 'email'])
      .meta({ description: 'Scopes to ask for, beside `openid`.' }),
    loginClaim: text.default('email').meta({
      description: 'What people are called; `sub` where they have none.',
    }),
    groupsClaim: text.default('groups').meta({
      description: 'The claim with the groups, by name or dotted path.',
    }),
    roles: z.array(mapping).min(1).max(256).meta({
      description: 'The first entry whose group a person has. Who has none is refused.',
    }),
    allowPrivateAddress: z.boolean().default(false).meta({
      description: 'The issuer is in this network: its address may be private, its URL http.',
    }),
  })
  .superRefine((entry, context) => {
    needsHttps(entry, 'issuer', entry.issuer, context);
    needsHttps(entry, 'publicUrl', entry.publicUrl, context);
  })
  .refine(({ publicUrl }) => /^https?:\/\/[^/?#]+\/?$/u.test(publicUrl), {
    path: ['publicUrl'],
    when: whenObject,
    error: 'write the origin alone, such as https://gateway.example.com',
  })
  .optional()
  .meta({ description: 'Sign-in with an OpenID Connect provider. Left out: with none.' });
