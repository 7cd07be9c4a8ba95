/** `auth.jwt`: issuers whose signed tokens are accepted, and who their claims say that it is. */
import { z } from 'zod';

import { algorithms, curveAlgorithms } from '#policy/authenticators/jwt/issuer-keys.ts';

import {
  CLAIM_EXPRESSION,
  compileClaimExpression,
} from '#policy/authenticators/jwt/claim-expression.ts';

import { durationField } from './duration.ts';
import { nameField } from './fields.ts';

const url = z.url({ protocol: /^https?$/u, error: 'write an https URL' }).max(2_048);
const claim = z.string().min(1).max(256);
/** By name or path, or worked out: `cel: claims.email.split("@")[1]`. */
const mapped = z
  .string()
  .min(1)
  .max(1_024)
  .superRefine((text, context) => {
    if (!text.startsWith(CLAIM_EXPRESSION)) return;
    const compiled = compileClaimExpression(text.slice(CLAIM_EXPRESSION.length));
    if (!compiled.ok) context.addIssue({ code: 'custom', message: compiled.error });
  });
const texts = z.array(z.string().min(1).max(512)).min(1).max(64);

/** Whom claims may name. Shared by everything that reads claims. */
export const claimKeys = {
  tenant: nameField.optional().meta({ description: 'Every caller is of this tenant.' }),
  tenants: z
    .array(z.union([nameField, z.literal('*')]))
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'With `claims.tenant`: the tenants that it may name. `*`: any.' }),
  claims: z
    .strictObject({
      tenant: mapped.optional().meta({ description: 'Names the tenant.' }),
      team: mapped.optional().meta({ description: 'Names the team.' }),
      user: mapped.nullable().default('sub').meta({
        description: 'Names the user. Null: tokens are of no user.',
      }),
      roles: mapped.optional().meta({ description: 'A list of roles, or words in one text.' }),
      kept: z.array(claim).max(32).default([]).meta({
        description:
          'Others that conditions of roles may read: texts and lists of texts. Kept anyway: iss, sub, azp, client_id, scope, act.',
      }),
    })
    .prefault({})
    .meta({
      description:
        'Where claims stand: by name, by dotted path (`realm_access.roles`, `kubernetes.io.namespace`), or worked out in CEL (`cel: claims.email.split("@")[1]`).',
    }),
  roleNames: z.record(z.string().min(1).max(512), nameField).optional().meta({
    description:
      'Roles by the values of the roles claim. Others give nothing. Left out: values are names of roles.',
  }),
  userPrefix: z
    .string()
    .regex(/^[\x21-\x7e]{0,64}$/u, 'use at most 64 printable characters without spaces')
    .default('')
    .meta({ description: 'Put before user names, so that two issuers never mean one user.' }),
  allowPrivateAddress: z
    .boolean()
    .default(false)
    .meta({ description: 'The issuer may have a private or loopback address, and plain http.' }),
};

export const jwtIssuer = z
  .strictObject({
    issuer: z.string().min(1).max(512).meta({ description: '`iss` of its tokens, to the letter.' }),
    audience: z
      .union(
        [z.string().min(1).max(512), texts],
        'name the audience of its tokens, or a list of audiences',
      )
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .meta({ description: 'One of these must be in `aud`.' }),
    jwksUri: url.optional().meta({
      description: 'Where its keys are. Left out: found by its metadata (OpenID, RFC 8414).',
    }),
    jwks: z
      .looseObject({
        keys: z
          .array(z.looseObject({ kty: z.string() }))
          .min(1)
          .max(100),
      })
      .optional()
      .meta({ description: 'Its public keys, instead of an address.' }),
    algorithms: z
      .array(z.enum([...algorithms, ...curveAlgorithms]))
      .min(1)
      .max(11)
      .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
      .meta({ description: 'How tokens may be signed. Shared secrets are not accepted.' }),
    types: z
      .array(z.string().min(1).max(64).toLowerCase())
      .min(1)
      .max(8)
      .default(['at+jwt', 'jwt'])
      .meta({ description: '`typ` of the header. `none`: tokens that say no type.' }),
    authorizedParties: texts.optional().meta({
      description: 'Clients that tokens may be given to (`azp`, `client_id`). Left out: any.',
    }),
    leeway: durationField({ min: '0s', max: '60s' })
      .prefault('30s')
      .meta({ description: 'How far clocks may differ.' }),
    maxAge: durationField({ min: '1m', max: '30d' }).optional().meta({
      description: 'How long after `iat` a token counts. Left out: until `exp`.',
    }),
    ...claimKeys,
  })
  .superRefine((entry, context) => {
    if (entry.jwksUri !== undefined && entry.jwks !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['jwks'],
        message: 'give jwksUri or jwks, not both',
      });
    }
    if (entry.jwks === undefined)
      needsHttps(entry, 'jwksUri', entry.jwksUri ?? entry.issuer, context);
    checkTenant(entry, context);
  });

interface Tenanted {
  readonly tenant?: string | undefined;
  readonly tenants?: readonly string[] | undefined;
  readonly claims: { readonly tenant?: string | undefined };
}

/** Either the operator says which tenant it is, or the claim does, within what the operator allows. */
export function checkTenant(
  { tenant, tenants, claims }: Tenanted,
  context: z.core.$RefinementCtx,
): void {
  const say = (path: string[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  if (tenant === undefined && claims.tenant === undefined) {
    say(['tenant'], 'say whose callers these are: `tenant`, or `claims.tenant` with `tenants`');
  }
  if (tenant !== undefined && (claims.tenant !== undefined || tenants !== undefined)) {
    say(['tenant'], '`tenant` is for all callers: leave `claims.tenant` and `tenants` out');
  }
  if (tenant === undefined && claims.tenant !== undefined && tenants === undefined) {
    say(['tenants'], 'say which tenants the claim may name; ["*"] for any');
  }
}

/** Whoever can answer for an issuer can sign in as anybody. */
export function needsHttps(
  { allowPrivateAddress }: { readonly allowPrivateAddress: boolean },
  key: string,
  value: string,
  context: z.core.$RefinementCtx,
): void {
  if (value.startsWith('https://')) return;
  if (allowPrivateAddress && value.startsWith('http://')) return;
  context.addIssue({
    code: 'custom',
    path: [key],
    message: 'use https; plain http only with `allowPrivateAddress: true`',
  });
}

export const jwtSection = z
  .array(jwtIssuer)
  .max(64)
  .default([])
  .superRefine((issuers, context) => {
    const names = issuers.map(({ issuer }) => issuer);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      const message = 'this issuer stands above already';
      context.addIssue({ code: 'custom', path: [index, 'issuer'], message });
    }
  })
  .meta({ description: 'Issuers whose signed tokens are accepted (RFC 7519, RFC 9068).' });
