/** What `alertRules` says of receivers: each is there, and each name is one receiver's. */
import type { JsonValue } from '#stdx/json.ts';

import { nearest } from './did-you-mean.ts';
import type { Problem } from './issue.ts';
import { below } from './known-keys.ts';

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : [];

const namesOf = (list: JsonValue | undefined): readonly unknown[] =>
  listOf(list).map((entry) => below(entry, 'name'));

export function alertRuleProblems(root: JsonValue): Problem[] {
  const section = below(root, 'alertRules');
  const webhooks = namesOf(below(root, 'alerts'));
  const own = namesOf(below(section, 'receivers'));
  const rules = namesOf(below(section, 'rules'));
  return [
    ...taken(own, webhooks, 'receivers'),
    ...taken(rules, [], 'rules'),
    ...unknown(section, [...webhooks, ...own]),
  ];
}

/** A rule that tells nobody would look as if somebody were told. */
function unknown(section: JsonValue | undefined, known: readonly unknown[]): Problem[] {
  const names = known.filter((name) => typeof name === 'string');
  return listOf(below(section, 'rules')).flatMap((rule, index) =>
    [...listOf(below(rule, 'receivers')).entries()].flatMap(([at, name]): Problem[] => {
      if (typeof name !== 'string' || names.includes(name)) return [];
      const near = nearest(name, names);
      const declared = names.length === 0 ? 'none is declared' : `declared: ${names.join(', ')}`;
      const hint = near === null ? declared : `did you mean \`${near}\`?`;
      const path = ['alertRules', 'rules', index, 'receivers', at];
      return [{ path, message: 'there is no such receiver', hint }];
    }),
  );
}

function taken(
  names: readonly unknown[],
  others: readonly unknown[],
  part: 'receivers' | 'rules',
): Problem[] {
  return [...names.entries()].flatMap(([index, name]): Problem[] => {
    const isTaken =
      typeof name === 'string' && [...others, ...names.slice(0, index)].includes(name);
    const path = ['alertRules', part, index, 'name'];
    const hint = 'metrics, rules and silences tell them apart by it';
    return isTaken ? [{ path, message: 'this name is taken', hint }] : [];
  });
}
