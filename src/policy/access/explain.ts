/**
 * Why a call is allowed or denied: the decision, as the gateway makes it, and what each rule of the
 * caller's roles says by itself. For people; no request comes this way.
 */
import type { AskedCall } from '#domain/asked.ts';
import type { DenialReason } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';

import { type AccessPolicy, type Asked, authorise } from './decide.ts';
import { coversTools, offersAny } from './rights.ts';
import { type Layer, layersOf } from './layers.ts';
import {
  isForAction,
  isForModel,
  NO_POLICY,
  type Role,
  roleNamed,
  roleNamesOf,
  ruleName,
  type RoleRule,
} from './roles.ts';
import { Situation } from './situation.ts';

export const ruleOutcomes = [
  'applies',
  'action-differs',
  'model-differs',
  'tools-not-covered',
  'tools-not-offered',
  'condition-unmet',
  'condition-failed',
] as const;
export type RuleOutcome = (typeof ruleOutcomes)[number];

export interface RuleTrace {
  readonly rule: string;
  readonly kind: 'allow' | 'deny';
  readonly outcome: RuleOutcome;
  readonly when: string | null;
}

/** `parent`: of a key above; `scope`: what a key is cut down to. Each part must allow the call. */
export const roleOrigins = ['proof', 'binding', 'scope', 'parent'] as const;

export interface RoleTrace {
  readonly role: string;
  readonly from: (typeof roleOrigins)[number];
  /** False: there is no such role, so it gives nothing. */
  readonly isKnown: boolean;
}

export interface Explanation {
  readonly decision: 'allow' | 'deny';
  readonly reason: DenialReason | null;
  /** The rule that decided, where one did. */
  readonly rule: string | null;
  readonly deniedTools: readonly string[];
  readonly roles: readonly RoleTrace[];
  readonly rules: readonly RuleTrace[];
}

/** What is needed of the access policy: no deployments, and no state of providers. */
export interface ExplainedPolicy extends Pick<AccessPolicy, 'tenant'> {
  readonly hasModel: (name: string) => boolean;
}

export function explain(
  principal: Principal,
  asked: Asked<AskedCall>,
  access: ExplainedPolicy,
): Explanation {
  const policy = access.tenant(principal.tenant) ?? NO_POLICY;
  const { timeZone } = policy;
  const names = [...roleNamesOf(principal, policy)];
  const own = names.map((role): RoleTrace => {
    const from = principal.roles.includes(role) ? 'proof' : 'binding';
    return { role, from, isKnown: roleNamed(role, policy) !== undefined };
  });
  const layers = layersOf(principal, policy);
  const above = layers.slice(1).flatMap(aboveTraces);
  const rules = layers.flatMap((layer) => {
    const asking = { ...asked, principal: layer.principal, timeZone };
    return layer.roles.flatMap((role) => tracesOf(role, asked.call, () => new Situation(asking)));
  });
  return { ...decisionOf(principal, asked, access), roles: [...own, ...above], rules };
}

const aboveTraces = ({ kind, roles }: Layer): RoleTrace[] =>
  roles.map(({ name }) => ({
    role: name,
    from: kind === 'scope' ? kind : 'parent',
    isKnown: true,
  }));

function decisionOf(
  principal: Principal,
  asked: Asked<AskedCall>,
  access: ExplainedPolicy,
): Omit<Explanation, 'roles' | 'rules'> {
  const denied = { decision: 'deny', rule: null, deniedTools: [] } as const;
  if (!access.hasModel(asked.call.model)) return { ...denied, reason: 'model-unknown' };
  const decided = authorise(principal, asked, access);
  if (decided.ok) {
    const { rule, deniedTools } = decided.value;
    return { decision: 'allow', reason: null, rule, deniedTools };
  }
  const { error } = decided;
  const rule = 'rule' in error ? error.rule : undefined;
  return { ...denied, reason: error.reason, rule: rule ?? null };
}

const tracesOf = (role: Role, call: AskedCall, situation: () => Situation): RuleTrace[] =>
  (['deny', 'allow'] as const).flatMap((kind) =>
    role[kind].map((rule, index) => ({
      rule: ruleName(role, kind, index),
      kind,
      outcome: outcomeOf(rule, kind, call, situation),
      when: rule.condition?.text ?? null,
    })),
  );

function outcomeOf(
  rule: RoleRule,
  kind: 'allow' | 'deny',
  call: AskedCall,
  situation: () => Situation,
): RuleOutcome {
  const { tools = null, condition = null } = rule;
  if (!isForAction(rule, call.action)) return 'action-differs';
  if (!isForModel(rule, call.model)) return 'model-differs';
  if (kind === 'allow' && !coversTools({ tools }, call.tools)) return 'tools-not-covered';
  if (kind === 'deny' && tools !== null && !offersAny(tools, call.tools))
    return 'tools-not-offered';
  const outcome = situation().judge(condition);
  return outcome === 'met' ? 'applies' : `condition-${outcome}`;
}
