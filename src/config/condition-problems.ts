/** Conditions of roles that do not compile: each with its place in the expression and a remedy. */
import { CONDITION_CHARS_MAX } from '#policy/access/condition-language.ts';
import { compileCondition, conditionText } from '#policy/access/condition.ts';
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import type { Path, Problem } from './issue.ts';
import { below } from './known-keys.ts';

export function conditionProblems(root: JsonValue): Problem[] {
  return conditionsIn(root).flatMap(({ text, path }) => {
    const compiled = compileCondition(text);
    if (compiled.ok) return [];
    return [{ path, message: conditionText(compiled.error), hint: compiled.error.hint }];
  });
}

interface Placed {
  readonly text: string;
  readonly path: Path;
}

const entriesOf = (value: JsonValue | undefined): [string | number, JsonValue][] => {
  if (Array.isArray(value)) return [...value.entries()];
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, entry]]))
    : [];
};

function conditionsIn(root: JsonValue): Placed[] {
  return rolesIn(root).flatMap(({ role, path }) =>
    (['allow', 'deny'] as const).flatMap((kind) =>
      entriesOf(below(role, kind)).flatMap(([at, rule]) => {
        const text = below(rule, 'when');
        // What is too long or no text is the schema's to say.
        const isText = typeof text === 'string' && text.length <= CONDITION_CHARS_MAX;
        return isText && text !== '' ? [{ text, path: [...path, kind, at, 'when'] }] : [];
      }),
    ),
  );
}

const rolesIn = (root: JsonValue): { readonly role: JsonValue; readonly path: Path }[] =>
  entriesOf(below(root, 'tenants')).flatMap(([index, tenant]) =>
    entriesOf(below(tenant, 'roles')).map(([name, role]) => ({
      role,
      path: ['tenants', index, 'roles', name],
    })),
  );
