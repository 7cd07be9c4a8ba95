/**
 * Which rules read what, worked out once for a tenant, a model and a direction: the answer is the
 * same for every call until the configuration changes, and then there is another list of rules.
 */
import type { Position } from '#domain/passage.ts';
import { Lru } from '#stdx/lru.ts';

import { type Direction, type GuardRule, isReversible, mayEdit } from './rule.ts';

export interface RulesAt {
  readonly editing: readonly GuardRule[];
  /** They neither delay nor alter a byte. */
  readonly watching: readonly GuardRule[];
}

export class SelectedRules {
  readonly #rules: readonly GuardRule[];
  readonly #byPosition = new Map<Position, RulesAt>();
  /** Those that judge calls of tools. */
  readonly onTools: readonly GuardRule[];
  /** Those that judge the tools that a call declares. */
  readonly onDefinitions: readonly GuardRule[];
  /** Those that may mask a value so that it comes back. */
  readonly reversible: readonly GuardRule[];

  constructor(rules: readonly GuardRule[]) {
    this.#rules = rules;
    this.reversible = rules.filter(isReversible);
    this.onDefinitions = rules.filter(({ guard }) => guard.definitions !== undefined);
    this.onTools = rules.filter(({ guard }) => guard.tools !== undefined);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  at(position: Position): RulesAt {
    const known = this.#byPosition.get(position);
    if (known !== undefined) return known;
    const rules = this.#rules.filter(
      ({ positions, guard }) =>
        guard.detectors.length > 0 && (positions?.includes(position) ?? true),
    );
    const found = {
      editing: rules.filter(mayEdit),
      watching: rules.filter((rule) => !mayEdit(rule)),
    };
    this.#byPosition.set(position, found);
    return found;
  }
}

interface Selector {
  readonly direction: Direction;
  readonly tenant: string;
  readonly model: string;
  readonly role?: string;
  /** Of the keys above: what is read of a parent is read of its children. */
  readonly parentRoles?: readonly string[];
  /** Whatever models and roles they are for otherwise: a rule that allows has asked for them. */
  readonly demanded?: readonly string[];
}

const NONE: readonly string[] = [];

/** Selections kept for one list of rules. Tenants and aliases are few; more are worked out anew. */
const SELECTIONS_MAX = 2_000;
const selections = new WeakMap<readonly GuardRule[], Lru<string, SelectedRules>>();

export function selectedRules(
  rules: readonly GuardRule[],
  { direction, tenant, model, role = '', parentRoles = NONE, demanded = NONE }: Selector,
): SelectedRules {
  let known = selections.get(rules);
  if (known === undefined) {
    known = new Lru(SELECTIONS_MAX);
    selections.set(rules, known);
  }
  // Aliases have no spaces.
  const isPlain = demanded.length === 0 && parentRoles.length === 0;
  const names = isPlain ? '' : JSON.stringify([demanded, parentRoles]);
  const id = `${direction} ${tenant.length} ${tenant} ${role.length} ${role} ${model} ${names}`;
  let selected = known.get(id);
  if (selected === undefined) {
    const isMeant = ({ isOnDemand, models, roles }: GuardRule): boolean =>
      !isOnDemand &&
      (models?.includes(model) ?? true) &&
      (roles === null || roles.includes(role) || roles.some((one) => parentRoles.includes(one)));
    selected = new SelectedRules(
      rules.filter(
        (rule) =>
          rule.on.includes(direction) &&
          (rule.tenants?.includes(tenant) ?? true) &&
          (demanded.includes(rule.name) || isMeant(rule)),
      ),
    );
    known.set(id, selected);
  }
  return selected;
}
