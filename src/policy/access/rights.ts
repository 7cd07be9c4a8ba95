/**
 * What of a principal's rules concerns one action on one model. This depends on nothing that a caller
 * sends with its call, so it is worked out once and remembered; conditions and tools come on top.
 */
import type { Action } from '#domain/action.ts';

import type { Condition } from './condition.ts';
import { matchesGlob } from './glob.ts';
import { isForAction, isForModel, type Role, ruleName, type RoleRule } from './roles.ts';

/** A rule that concerns the action and the model. */
export interface Concerned {
  readonly role: string;
  readonly rule: string;
  /** Null: all. */
  readonly tools: readonly string[] | null;
  readonly guards: readonly string[];
  /** Null: always. */
  readonly condition: Condition | null;
}

const NONE: readonly string[] = [];

export interface Rights {
  readonly allows: readonly Concerned[];
  /** Those that depend on something; empty where one of them always acts. */
  readonly denies: readonly Concerned[];
  /** The rule that always denies: then nothing is allowed. */
  readonly deniedBy: string | null;
  /** The first rule that covers the tools decides, and nothing else needs to be known. */
  readonly isPlain: boolean;
}

type IsConcerned = (rule: RoleRule, kind: 'allow' | 'deny') => boolean;

/** `model` null: whether any may be used. Then a denial counts only if it is for all of them. */
export function rightsFor(roles: readonly Role[], action: Action, model: string | null): Rights {
  const concerns: IsConcerned = (rule, kind) => {
    if (!isForAction(rule, action)) return false;
    if (model !== null) return isForModel(rule, model);
    return kind === 'allow' || rule.models.some((pattern) => /^\*+$/u.test(pattern));
  };
  const allows = concerned(roles, 'allow', concerns);
  const denies = concerned(roles, 'deny', concerns);
  const always = denies.find(({ tools, condition }) => tools === null && condition === null);
  if (always !== undefined) {
    return { allows: [], denies: [], deniedBy: always.rule, isPlain: true };
  }
  const isPlain = denies.length === 0 && allows.every(({ condition }) => condition === null);
  return { allows, denies, deniedBy: null, isPlain };
}

function concerned(
  roles: readonly Role[],
  kind: 'allow' | 'deny',
  concerns: IsConcerned,
): readonly Concerned[] {
  return roles.flatMap((role) =>
    role[kind].flatMap((rule, index) => {
      if (!concerns(rule, kind)) return [];
      const { tools = null, guards = NONE, condition = null } = rule;
      return [{ role: role.name, rule: ruleName(role, kind, index), tools, guards, condition }];
    }),
  );
}

export const isAmong = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => matchesGlob(pattern, name));

type Named = readonly { readonly name: string }[];

/** Whether an allowing rule covers every tool that a call offers. */
export const coversTools = ({ tools }: Pick<Concerned, 'tools'>, offered: Named): boolean =>
  tools === null || offered.every(({ name }) => isAmong(tools, name));

/** Whether a call offers a tool that a denying rule names. */
export const offersAny = (tools: readonly string[], offered: Named): boolean =>
  offered.some(({ name }) => isAmong(tools, name));
