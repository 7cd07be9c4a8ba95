/** `/admin/v1/policy`: what would be decided, and why. Nothing is sent, counted or changed. */
import { z } from 'zod';

import { CONDITION_CHARS_MAX } from '#policy/access/condition-language.ts';
import { type ExplainedPolicy, roleOrigins, ruleOutcomes } from '#policy/access/explain.ts';
import type { Principal } from '#domain/principal.ts';
import { nameField } from '#config/fields.ts';
import { LateCondition } from '#policy/access/late-condition.ts';
import { NO_POLICY } from '#policy/access/roles.ts';
import { err, ok } from '#stdx/result.ts';

import { change } from './change.ts';
import { conditionProblem, problemOfCondition } from './condition-fields.ts';
import type { CaseResultView, ExplanationView } from './contract.ts';
import { tenantExists } from './declared.ts';
import { allowField, denyField } from './fields.ts';
import { plainKeyId } from './key-service.ts';
import { caseField, expectedCaseField, explainCase, testCase } from './policy-case.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminPorts, type AdminRoute, defineRoute } from './route.ts';

/** What fits into a body of this API. The command line takes more. */
const CASES_MAX = 200;

const text = z.string();
const maybe = text.nullable();
const decision = z.enum(['allow', 'deny']);

const explanationView = z.strictObject({
  decision,
  reason: maybe,
  rule: maybe.meta({ description: 'The rule that decided, where one did.' }),
  deniedTools: z.array(text),
  roles: z.array(z.strictObject({ role: text, from: z.enum(roleOrigins), isKnown: z.boolean() })),
  rules: z.array(
    z.strictObject({ rule: text, kind: decision, outcome: z.enum(ruleOutcomes), when: maybe }),
  ),
}) satisfies z.ZodType<ExplanationView>;

const resultView = z.strictObject({
  name: text,
  isAsExpected: z.boolean(),
  expected: decision,
  expectedRule: maybe,
  decision,
  reason: maybe,
  rule: maybe,
}) satisfies z.ZodType<CaseResultView>;

const write = { method: 'POST', scope: 'tenant', query: null, ifMatch: false } as const;

const policyOf = ({ policies, config }: AdminPorts): ExplainedPolicy => ({
  tenant: policies,
  hasModel: (name) => Object.hasOwn(config().models, name),
});

async function isVisible({ actor, ports }: AdminCall, tenant: string): Promise<boolean> {
  return sees(actor, tenant) && (await tenantExists(ports.config(), ports.storage, tenant));
}

const explained = defineRoute(
  {
    ...write,
    path: '/admin/v1/policy/explain',
    summary: 'What would be decided about one call, and what each rule of the caller says.',
    permission: 'policy.explain',
    audit: 'policy.explain',
    body: caseField,
    status: 200,
    response: explanationView,
  },
  async (call) => {
    const { tenant } = call.body.principal;
    if (!(await isVisible(call, tenant))) return err(problem('not-found'));
    const { ports, body } = call;
    const stored = await storedCaller(call);
    const explanation = explainCase(body, policyOf(ports), ports.clock.nowMs(), stored);
    const { decision: decided, reason, rule } = explanation;
    const changed = {
      resource: `policy/${tenant}`,
      tenant,
      diff: { decision: decided, reason, rule },
    };
    return await change(call, changed, async () => ok({ body: shown(explanation) }));
  },
);

/** The key that is asked about, if there is one of that id in the tenant. */
async function storedCaller({
  body,
  ports,
}: Pick<
  AdminCall<never, z.output<typeof caseField>>,
  'body' | 'ports'
>): Promise<Principal | null> {
  const { key, tenant } = body.principal;
  const found = key === undefined ? null : await ports.keyHolder(plainKeyId(key));
  return found?.tenant === tenant ? found : null;
}

const shown = ({ roles, rules, deniedTools, ...rest }: ReturnType<typeof explainCase>) => ({
  ...rest,
  deniedTools: [...deniedTools],
  roles: [...roles],
  rules: [...rules],
});

const draftField = z.strictObject({
  name: nameField,
  allow: allowField.default([]),
  deny: denyField.default([]),
});

/** The policy of a tenant as it would be with the role; those of others are as they are. */
function withDraft(
  policy: ExplainedPolicy,
  tenant: string,
  draft: z.output<typeof draftField> | undefined,
): ExplainedPolicy {
  if (draft === undefined) return policy;
  const own = policy.tenant(tenant) ?? NO_POLICY;
  const role = {
    name: draft.name,
    allow: draft.allow.map(compiledRule),
    deny: draft.deny.map(compiledRule),
  };
  const roles = new Map([...own.roles, [draft.name, role]]);
  return { ...policy, tenant: (id) => (id === tenant ? { ...own, roles } : policy.tenant(id)) };
}

const compiledRule = <Rule extends { readonly when?: string | undefined }>({
  when,
  ...rule
}: Rule) => ({ ...rule, condition: when === undefined ? undefined : new LateCondition(when) });

const tested = defineRoute(
  {
    ...write,
    path: '/admin/v1/policy/test',
    summary: 'Cases with what is expected of each. All of one tenant.',
    permission: 'policy.explain',
    audit: 'policy.test',
    body: z.strictObject({
      tenant: text,
      cases: z.array(expectedCaseField).min(1).max(CASES_MAX),
      draft: draftField.optional().meta({
        description:
          'A role as it would be: in place of the one of its name, or beside the others.',
      }),
    }),
    status: 200,
    response: z.strictObject({ isAsExpected: z.boolean(), results: z.array(resultView) }),
  },
  async (call) => {
    const { tenant, cases, draft } = call.body;
    if (!(await isVisible(call, tenant))) return err(problem('not-found'));
    const flaw = draft === undefined ? null : conditionProblem(draft);
    if (flaw !== null) return err(flaw);
    const stray = cases.findIndex(({ principal }) => principal.tenant !== tenant);
    if (stray !== -1) return err(problem('not-found', `cases.${stray}.principal.tenant`));
    const policy = withDraft(policyOf(call.ports), tenant, draft);
    const nowMs = call.ports.clock.nowMs();
    const results = cases.map((one, index) => testCase(one, index, policy, nowMs));
    const wrong = results.filter(({ isAsExpected }) => !isAsExpected).length;
    const changed = { resource: `policy/${tenant}`, tenant, diff: { cases: cases.length, wrong } };
    return await change(call, changed, async () =>
      ok({ body: { isAsExpected: wrong === 0, results } }),
    );
  },
);

const checked = defineRoute(
  {
    method: 'GET',
    path: '/admin/v1/policy/condition',
    summary: 'Whether a condition is one, while it is written. Nothing is kept.',
    permission: 'policy.explain',
    scope: 'own',
    audit: null,
    body: null,
    ifMatch: false,
    query: z.strictObject({ when: text.min(1).max(CONDITION_CHARS_MAX) }),
    status: 200,
    response: z.strictObject({
      problem: maybe.meta({ description: 'Null: it can be used.' }),
    }),
  },
  async ({ query: { when } }) => ok({ body: { problem: problemOfCondition(when) } }),
);

export const policyRoutes: readonly AdminRoute[] = [explained, tested, checked];
