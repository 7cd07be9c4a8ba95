/** A question about rights, as people write it down, and its answer. The command line asks the same. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import { actions } from '#domain/action.ts';
import { dialectNames } from '#domain/call.ts';
import type { Principal } from '#domain/principal.ts';
import { explain, type ExplainedPolicy, type Explanation } from '#policy/access/explain.ts';

import type { CaseResultView } from './contract.ts';
import { titleField, userField } from './fields.ts';

export const CASES_MAX = 1_000;

const text = z.string().max(1_024);

const principalField = z.strictObject({
  tenant: nameField,
  team: nameField.optional(),
  user: userField.optional(),
  serviceAccount: nameField.optional(),
  key: z.string().max(64).optional().meta({
    description:
      'The id of a key. In `policy/explain` one that exists is asked about as it is: its roles, its scope and the keys above it.',
  }),
  roles: z.array(nameField).max(64).default([]).meta({
    description: 'Roles of the key or token; those of bindings are found.',
  }),
  claims: z.record(text, z.union([text, z.array(text).max(256)])).default({}),
  provenBy: z.enum(['api-key', 'jwt', 'introspection', 'mtls']).default('api-key'),
});

const callField = z.strictObject({
  action: z.enum(actions).default('chat'),
  model: z.string().min(1).max(256),
  dialect: z.enum(dialectNames).default('openai-chat'),
  isStreamed: z.boolean().default(false),
  maxOutputTokens: z.int().min(0).optional(),
  choices: z.int().min(1).max(128).default(1),
  tools: z.array(z.string().max(1_024)).max(1_024).default([]).meta({ description: 'Names.' }),
  endUser: text.optional(),
});

const requestField = z
  .strictObject({
    ip: z.string().max(45).default('127.0.0.1'),
    route: z.string().max(64).default('chat-completions'),
    time: z.iso.datetime({ offset: true }).optional().meta({ description: 'Left out: now.' }),
  })
  .prefault({});

export const caseField = z.strictObject({
  name: titleField.optional(),
  principal: principalField,
  call: callField,
  request: requestField,
});

export const expectedCaseField = caseField.extend({
  expect: z.enum(['allow', 'deny']),
  rule: z.string().max(256).optional().meta({ description: 'The rule that decides: `role[0]`.' }),
});

export type Case = z.output<typeof caseField>;
export type ExpectedCase = z.output<typeof expectedCaseField>;

/** `stored`: the caller as it is, in place of how the case tells of it. */
export function explainCase(
  { principal, call, request }: Case,
  access: ExplainedPolicy,
  nowMs: number,
  stored: Principal | null = null,
): Explanation {
  const { maxOutputTokens = null, endUser = null, tools, ...rest } = call;
  const atMs = request.time === undefined ? nowMs : Date.parse(request.time);
  const asked = {
    call: { ...rest, maxOutputTokens, endUser, tools: tools.map((name) => ({ name })) },
    request: { ip: request.ip, route: request.route, clock: { nowMs: () => atMs } },
  } satisfies { call: AskedCall; request: AskedRequest };
  return explain(stored ?? principalOf(principal), asked, access);
}

const principalOf = ({
  team,
  user,
  serviceAccount,
  key,
  ...rest
}: Case['principal']): Principal => ({
  ...rest,
  team: team ?? null,
  user: user ?? null,
  // A case names one that need not exist.
  serviceAccount: serviceAccount === undefined ? null : { id: '', name: serviceAccount },
  keyId: key ?? null,
  scope: null,
  parent: null,
  run: null,
});

export function testCase(
  one: ExpectedCase,
  index: number,
  access: ExplainedPolicy,
  nowMs: number,
): CaseResultView {
  const { decision, reason, rule } = explainCase(one, access, nowMs);
  const { expect: expected, rule: expectedRule = null } = one;
  const isRule = expectedRule === null || expectedRule === rule;
  const isAsExpected = decision === expected && isRule;
  const name = one.name ?? `case ${index + 1}`;
  return { name, isAsExpected, expected, expectedRule, decision, reason, rule };
}
