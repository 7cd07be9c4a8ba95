/** One question to a rule that judges something whole: in its time, or the rule has failed. */
import type { Position } from '#domain/passage.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Evidence } from './evidence.ts';
import type { Direction, GuardRule } from './rule.ts';
import { withDeadline } from './scan-rule.ts';
import type { Stop } from './window.ts';

export interface AskPorts {
  readonly evidence: Evidence;
  readonly monotonicMs: () => number;
}

export interface Asked {
  readonly rule: GuardRule;
  readonly on: Direction;
  readonly position: Position;
}

/** What `found` makes of the findings, or what the rule's own failure does. */
export function askRule<F>(
  asked: Asked,
  ports: AskPorts,
  ask: () => MaybePromise<readonly F[]>,
  found: (findings: readonly F[]) => MaybePromise<Stop | null>,
): MaybePromise<Stop | null> {
  const { rule, on } = asked;
  const tally = ports.evidence.tally(rule, on);
  const startMs = ports.monotonicMs();
  const failed = (): Stop | null => ruleFailed(asked, ports.evidence);
  const finish = (findings: readonly F[]): MaybePromise<Stop | null> => {
    const spentMs = ports.monotonicMs() - startMs;
    tally.us += spentMs * 1_000;
    return spentMs > rule.timeoutMs ? failed() : found(findings);
  };
  let findings: MaybePromise<readonly F[]>;
  try {
    findings = ask();
  } catch {
    // What was thrown may quote what was judged. That the guard failed is all that anyone may know.
    return failed();
  }
  if (!(findings instanceof Promise)) return finish(findings);
  return withDeadline(findings, rule.timeoutMs).then(finish, failed);
}

export function ruleFailed({ rule, on, position }: Asked, evidence: Evidence): Stop | null {
  const tally = evidence.tally(rule, on);
  evidence.found(tally, { action: 'unavailable', category: null, position });
  if (rule.mode === 'enforce' && rule.onFault === 'deny') return { kind: 'unavailable', rule };
  evidence.passedUnread(`guard ${rule.name} unavailable`, 1);
  return null;
}
