/** Fields that several routes take. Every schema is strict: what is not listed is refused, by path. */
import { z } from 'zod';

import { parseDuration } from '#config/duration.ts';
import { nameField } from '#config/fields.ts';
import { boundClaimsField } from '#config/tenants-section.ts';
import { actions } from '#domain/action.ts';
import { CONDITION_CHARS_MAX } from '#policy/access/condition-language.ts';

/** Text for people. Control characters have no place in it and could forge a line elsewhere. */
export const titleField = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u);

/** Ids of people come from identity providers: `auth0|5f…`, `ann@example.com`. No slash. */
export const userField = z
  .string()
  .regex(/^[A-Za-z0-9._~@+|:=-]{1,128}$/u, 'letters, digits and . _ ~ @ + | : = -, at most 128');

/** `90d`, `12h`. At least a minute: a shorter life is a mistake. */
export const lifeField = z
  .string()
  .max(16)
  .refine(
    (text) => (parseDuration(text) ?? 0) >= 60_000,
    'a duration such as 90d or 12h, at least 1m',
  )
  .transform((text) => parseDuration(text) ?? 0);

export const lifecycleField = z.enum(['active', 'suspended']);

const pattern = z.string().min(1).max(256);

const ruleFields = {
  actions: z
    .array(z.enum([...actions, '*']))
    .min(1)
    .max(16),
  models: z.array(pattern).min(1).max(256),
  when: z
    .string()
    .min(1)
    .max(CONDITION_CHARS_MAX)
    .optional()
    .meta({ description: 'A condition in CEL; left out: always.' }),
};
const tools = z.array(pattern).max(1_000);

export const allowField = z
  .array(
    z.strictObject({
      ...ruleFields,
      tools: tools.optional(),
      guards: z.array(nameField).max(16).optional().meta({
        description: 'Guards that must read what it allows.',
      }),
    }),
  )
  .max(64);

export const denyField = z
  .array(z.strictObject({ ...ruleFields, tools: tools.min(1).optional() }))
  .max(64);

const subjects = z.array(z.string().regex(/^[\x21-\x7e]{1,256}$/u)).max(1_000);

export const subjectFields = {
  users: subjects,
  serviceAccounts: subjects,
  teams: z.array(z.union([nameField, z.literal('*')])).max(1_000),
  keys: subjects,
  claims: boundClaimsField,
};
