/**
 * The rules of a principal, applied to what it asks: denials first, and one of them is enough; then
 * the first rule that allows all of the call. What two rules allow is not mixed.
 */
import type { AskedCall } from '#domain/asked.ts';
import type { Denial } from '#domain/denial.ts';
import type { ToolLimits } from '#domain/tool-limits.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type Concerned, coversTools, offersAny, type Rights } from './rights.ts';
import type { Situation } from './situation.ts';

export interface Permission extends ToolLimits {
  readonly role: string;
  readonly rule: string;
  /** Roles of the keys above, which had to allow it too: guards of theirs read it as well. */
  readonly parentRoles: readonly string[];
  /** Guards that must read the call. */
  readonly guards: readonly string[];
}

type Tools = AskedCall['tools'];

const NO_TOOLS: readonly string[] = [];
const NO_ROLES: readonly string[] = [];

const permissionOf = (
  { role, rule, tools, guards }: Concerned,
  deniedTools: readonly string[],
): Permission => ({
  role,
  rule,
  parentRoles: NO_ROLES,
  guards,
  tools: tools === null ? [] : [tools],
  deniedTools,
});

/** `situation` is made only where a rule depends on something. */
export function judge(
  rights: Rights,
  offered: Tools,
  situation: () => Situation,
): Result<Permission, Denial> {
  const { allows, denies, deniedBy, isPlain } = rights;
  if (allows.length === 0) {
    return err({ reason: 'model-forbidden', ...(deniedBy !== null && { rule: deniedBy }) });
  }
  if (isPlain) return firstCovering(allows, offered);
  const at = situation();
  const denied = deniedTools(denies, offered, at);
  return denied.ok ? firstMet(allows, offered, { at, deniedTools: denied.value }) : denied;
}

const toolForbidden: Denial = { reason: 'tool-forbidden', field: 'tools' };

function firstCovering(allows: readonly Concerned[], offered: Tools): Result<Permission, Denial> {
  const allowing = allows.find((one) => coversTools(one, offered));
  return allowing === undefined ? err(toolForbidden) : ok(permissionOf(allowing, NO_TOOLS));
}

/** Only a condition that is known to be unmet keeps a rule from denying. */
const acts = ({ condition }: Concerned, at: Situation): boolean => at.judge(condition) !== 'unmet';

function deniedTools(
  rules: readonly Concerned[],
  offered: Tools,
  at: Situation,
): Result<readonly string[], Denial> {
  const patterns: string[] = [];
  for (const one of rules) {
    if (!acts(one, at)) continue;
    const { tools, rule } = one;
    if (tools === null) return err({ reason: 'rule-denied', rule });
    if (offersAny(tools, offered)) return err({ ...toolForbidden, rule });
    patterns.push(...tools);
  }
  return ok(patterns);
}

/** Whether a rule denies the action on the model outright, whatever others allow. */
export function isDenied({ denies, deniedBy }: Rights, situation: () => Situation): boolean {
  const outright = denies.filter(({ tools }) => tools === null);
  if (deniedBy !== null || outright.length === 0) return deniedBy !== null;
  const at = situation();
  return outright.some((one) => acts(one, at));
}

function firstMet(
  allows: readonly Concerned[],
  offered: Tools,
  {
    at,
    deniedTools: patterns,
  }: { readonly at: Situation; readonly deniedTools: readonly string[] },
): Result<Permission, Denial> {
  let unmet: string | null = null;
  for (const one of allows) {
    if (!coversTools(one, offered)) continue;
    if (at.judge(one.condition) === 'met') return ok(permissionOf(one, patterns));
    unmet ??= one.rule;
  }
  return err(unmet === null ? toolForbidden : { reason: 'condition-unmet', rule: unmet });
}

/**
 * Before there is a call: whether some call could be allowed. What depends on the call is left for
 * when there is one, on both sides.
 */
export function judgeEarly(rights: Rights, situation: () => Situation): Denial | null {
  const { allows, denies: rules, isPlain } = rights;
  if (isPlain) return null;
  const at = situation();
  for (const one of rules) {
    const isLater = one.tools !== null || at.waits(one.condition);
    if (!isLater && acts(one, at)) return { reason: 'rule-denied', rule: one.rule };
  }
  const [first] = allows;
  // Where it has cost too much, the decision on the call says so: of that fewer rules may be a part.
  const isPossible = allows.some(
    ({ condition }) => at.isSpent || at.waits(condition) || at.judge(condition) === 'met',
  );
  if (isPossible || first === undefined) return null;
  return { reason: 'condition-unmet', rule: first.rule };
}
