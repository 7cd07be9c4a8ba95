/**
 * What only a member of a kind can say of its configuration: a pattern that RE2 does not take, a base
 * URL that is not https. Each is made once and dropped. They are looked at one by one, so that they
 * are heard even where the rest of the file has problems.
 */
import { createProvider } from '#providers/registry.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import { guardRuleOf, guardSection } from './guards-section.ts';
import type { Path, Problem } from './issue.ts';
import { guardEntries } from './guard-entries.ts';
import { below } from './known-keys.ts';
import { providerSection } from './providers-section.ts';

export function memberProblems(root: JsonValue): Problem[] {
  const problems: Problem[] = [];
  const providers = below(root, 'providers');
  for (const [name, entry] of isJsonObject(providers) ? Object.entries(providers) : []) {
    const parsed = providerSection.safeParse(entry);
    if (!parsed.success) continue;
    problems.push(...problemOf(['providers', name], () => createProvider(parsed.data)));
  }
  for (const { entry, path } of guardEntries(root)) {
    const parsed = guardSection.safeParse(entry);
    if (!parsed.success) continue;
    problems.push(...problemOf(path, () => guardRuleOf(parsed.data)));
  }
  return problems;
}

function problemOf(path: Path, create: () => unknown): Problem[] {
  try {
    create();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown;
    const { message } = thrown;
    return [{ path: [...path, ...thrown.path], message, hint: '', mayQuote: true }];
  }
}
