/** `tenants:` in the configuration: who exists, and what their roles allow. */
import { z } from 'zod';

import { actions } from '#domain/action.ts';
import { callClasses } from '#domain/call-class.ts';
import { CONDITION_CHARS_MAX } from '#policy/access/condition-language.ts';
import { isTimeZone, UTC } from '#policy/access/local-time.ts';

import { durationField } from './duration.ts';
import { nameField } from './fields.ts';
import { guardSection } from './guards-section.ts';

const subject = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\x21-\x7e]+$/u, 'use printable characters without spaces, or "*" for everyone');

const toolsField = z.array(z.string().min(1).max(256)).max(1_000);

const ruleFields = {
  actions: z
    .array(z.enum([...actions, '*'], `an action is one of ${actions.join(', ')}, "*"`))
    .min(1)
    .max(16)
    .meta({ description: 'What may be done.' }),
  models: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(256)
    .meta({ description: 'To which model names; * stands for any characters.' }),
  when: z.string().min(1).max(CONDITION_CHARS_MAX).optional().meta({
    description:
      'A condition in CEL. What it reads and is not there fails it: then `allow` does not allow, and `deny` denies. Default: always.',
  }),
};

const allowRule = z.strictObject({
  ...ruleFields,
  tools: toolsField.optional().meta({
    description:
      'Names of tools that calls may offer and answers may call; * stands for any characters. Default: all; [] means none.',
  }),
  guards: z.array(nameField).max(16).optional().meta({
    description:
      'Names of guards that must read what this rule allows: those with `onDemand: true` read nothing else.',
  }),
});

const denyRule = z.strictObject({
  ...ruleFields,
  tools: toolsField.min(1).optional().meta({
    description:
      'Names of tools that no call may offer and no answer may call. Default: the call is denied, whatever tools it has.',
  }),
});

const role = z.strictObject({
  allow: z.array(allowRule).max(64).meta({ description: 'What is not allowed here is refused.' }),
  deny: z
    .array(denyRule)
    .max(64)
    .default([])
    .meta({ description: 'What is denied here no role allows.' }),
});

/** Names and values of claims: what conditions and bindings of roles may know of a token. */
export const boundClaimsField = z
  .record(
    z.string().min(1).max(256),
    z
      .array(
        z
          .string()
          .min(1)
          .max(1_024)
          .refine((text) => text !== '*', 'write the values; a claim with any value binds nobody'),
      )
      .min(1)
      .max(1_000),
  )
  .refine((claims) => Object.keys(claims).length <= 16, 'at most 16 claims')
  .meta({
    description:
      'Values of claims that an issuer has signed: `{ department: [risk, audit], iss: [https://idp.example.com/] }`. Of each claim that is named one value must be there.',
  });

const binding = z
  .strictObject({
    role: nameField.meta({ description: 'A role of this tenant, or developer or viewer.' }),
    users: z.array(subject).max(1_000).default([]),
    serviceAccounts: z
      .array(subject)
      .max(1_000)
      .default([])
      .meta({ description: 'Names of service accounts, which the store keeps.' }),
    teams: z.array(subject).max(1_000).default([]),
    keys: z.array(subject).max(1_000).default([]),
    claims: boundClaimsField.default({}),
  })
  .refine(
    ({ users, serviceAccounts, teams, keys, claims }) =>
      [users, serviceAccounts, teams, keys, Object.keys(claims)].some(({ length }) => length > 0),
    'name at least one of users, serviceAccounts, teams, keys or claims; ["*"] is every user, service account, team or key',
  );

/** Names of groups are what the identity provider shows to people. */
export const groupRolesField = z
  .record(
    z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u),
    nameField,
  )
  .refine((roles) => Object.keys(roles).length <= 1_000, 'at most 1,000 groups');

const tenant = z.strictObject({
  id: nameField.meta({ description: 'Stands in keys, records and metrics.' }),
  name: z.string().min(1).max(256).optional().meta({ description: 'For people.' }),
  roles: z
    .record(nameField, role)
    .default({})
    .meta({ description: 'Roles of its own. developer and viewer are there without being named.' }),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'write a time zone such as Europe/Berlin, or UTC')
    .default(UTC)
    .meta({ description: 'What hours and weekdays are in conditions.' }),
  keys: z
    .strictObject({
      lifetimeMax: durationField({ min: '1m', max: '3650d' }).optional().meta({
        description:
          'How long a key works at most, from when it was made; keys that are there already too. Left out: as long as the key says.',
      }),
    })
    .prefault({})
    .meta({ description: 'What holds for the keys of this tenant.' }),
  weight: z.int().min(1).max(100).default(1).meta({
    description: 'Turns in a queue where a tenant of weight 1 has one.',
  }),
  class: z.enum(callClasses).default('interactive').meta({
    description:
      'Of its calls. `batch` waits behind `interactive` and is refused first under overload; a call may lower itself with `x-llmproxy-class: batch`.',
  }),
  boundTokens: z.boolean().default(false).meta({
    description:
      'Only tokens that are bound to a certificate (RFC 8705) or a key (DPoP) count; keys of this gateway and client certificates do as before.',
  }),
  propagateTrace: z.boolean().default(true).meta({
    description: 'False: no provider is told which trace a call of this tenant is of.',
  }),
  residency: z
    .strictObject({
      regions: z.array(nameField).max(32).default([]).meta({
        description: 'Only providers whose `region` is one of these; none: any.',
      }),
      agreements: z.array(nameField).max(16).default([]).meta({
        description: 'Only providers with all of these `agreements`.',
      }),
    })
    .optional()
    .meta({ description: 'Where calls of this tenant may go. Left out: anywhere.' }),
  reveal: z
    .strictObject({
      secondPerson: z.boolean().default(false).meta({
        description:
          'Whether another person has to agree before content of this tenant is shown, whatever `audit.reveal` says.',
      }),
    })
    .prefault({}),
  bindings: z.array(binding).max(1_000).default([]).meta({ description: 'Who has which role.' }),
  scim: z
    .strictObject({
      groupRoles: groupRolesField.default({}).meta({
        description:
          'Which role of this tenant a provisioned group gives its members, by the name of the group. A group that is not named gives none.',
      }),
    })
    .prefault({})
    .meta({ description: 'What an identity provider that provisions users may give (SCIM 2.0).' }),
  guards: z.array(guardSection).max(64).default([]).meta({
    description:
      'Guards of this tenant, beside those under `guards`: they add, and weaken nothing.',
  }),
});

export const tenantsSection = z
  .array(tenant)
  .max(10_000)
  .default([])
  .meta({ description: 'The owners of keys, rights, limits and records.' });

export type TenantSection = z.output<typeof tenant>;
