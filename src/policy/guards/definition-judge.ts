/** Rules on the tools that a call declares. They are asked before any of its text is. */
import type { ToolDefinition } from '#domain/tool-definition.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { type Asked, type AskPorts, askRule, ruleFailed } from './ask-rule.ts';
import type { DefinitionContext, DefinitionFinding } from './guard.ts';
import { actionFor, type GuardRule } from './rule.ts';
import type { Stop } from './window.ts';

interface Declared {
  readonly tools: readonly ToolDefinition[];
  readonly context: DefinitionContext;
}

/** Goes on at once while the rules answer at once. */
export function judgeDefinitions(
  rules: readonly GuardRule[],
  declared: Declared,
  ports: AskPorts,
  from = 0,
): MaybePromise<Stop | null> {
  const rule = rules[from];
  if (rule === undefined) return null;
  const asked: Asked = { rule, on: 'request', position: 'tool-definition' };
  const stopping = askRule(
    asked,
    ports,
    () => rule.guard.definitions?.judge(declared.tools, declared.context) ?? [],
    (findings) => found(asked, findings, ports),
  );
  return andThen(stopping, (stop) => stop ?? judgeDefinitions(rules, declared, ports, from + 1));
}

/** Nothing can be taken out of a definition: whatever does more than alert blocks. */
function found(
  { rule, on, position }: Asked,
  findings: readonly DefinitionFinding[],
  { evidence }: AskPorts,
): MaybePromise<Stop | null> {
  const tally = evidence.tally(rule, on);
  let stop: Stop | null = null;
  const accepting: Promise<void>[] = [];
  for (const { category, accept } of findings) {
    const wanted = actionFor(rule, { category, start: 0, end: 0, score: 1 });
    const action = wanted === 'alert' ? 'alert' : 'block';
    evidence.found(tally, { action, category, position });
    if (rule.mode === 'observe') continue;
    if (action === 'block') stop ??= { kind: 'blocked', rule, category };
    else {
      const accepted = accept?.();
      if (accepted instanceof Promise) accepting.push(accepted);
    }
  }
  if (accepting.length === 0) return stop;
  // What could not be noted is alerted again; whether that is enough is the rule's own `onFault`.
  return Promise.all(accepting).then(
    () => stop,
    () => stop ?? ruleFailed({ rule, on, position }, evidence),
  );
}
