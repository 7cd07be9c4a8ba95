/** A guard as an operator wrote it into a policy: where it looks, and what a finding does. */
import type { Position } from '#domain/passage.ts';

import type { Finding, Guard, GuardAction } from './guard.ts';

export type Direction = 'request' | 'reply';

export interface GuardRule {
  readonly name: string;
  readonly guard: Guard;
  readonly on: readonly Direction[];
  /** `observe` records what would have happened, and changes and delays nothing. */
  readonly mode: 'observe' | 'enforce';
  readonly action: GuardAction;
  readonly timeoutMs: number;
  /** What happens when the guard throws or is late. `pass` is only ever written by name. */
  readonly onFault: 'deny' | 'pass';
  /** Null: all of them. */
  readonly tenants: readonly string[] | null;
  readonly models: readonly string[] | null;
  /** Roles that allowed the call. */
  readonly roles: readonly string[] | null;
  /** It reads only calls whose rule of a role names it. */
  readonly isOnDemand: boolean;
  readonly positions: readonly Position[] | null;
  /** Patterns of tools whose arguments get pseudonymised values back. */
  readonly restoreTools: readonly string[];
  /** How long a tool call that would be blocked waits for a person; null: it does not. */
  readonly approvalMs: number | null;
}

export const actionFor = (
  { guard, action }: GuardRule,
  { category, isWeak }: Finding,
): GuardAction => (isWeak === true ? 'alert' : (guard.actionOf?.(category) ?? action));

/** Whether a finding may change or stop the text. Others only watch, and never hold a byte back. */
export const mayEdit = (rule: GuardRule): boolean =>
  rule.mode === 'enforce' &&
  rule.guard.onlyAlerts !== true &&
  (rule.action !== 'alert' || rule.guard.actionOf !== undefined);

/** Whether it may mask a value so that the caller gets it back. */
export const isReversible = ({ action, guard }: GuardRule): boolean =>
  guard.onlyAlerts !== true && (action === 'pseudonymise' || guard.actionOf !== undefined);
