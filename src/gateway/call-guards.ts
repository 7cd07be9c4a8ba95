/** The guards of one call: for whom they read, and what they have found in the request and its answer. */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { ownerOf } from '#domain/held-state.ts';
import type { ClearedCall, Grant } from '#domain/proofs.ts';
import { limitsTools, type ToolLimits } from '#domain/tool-limits.ts';
import { type GuardPorts, GuardRun, type GuardSubject } from '#policy/guards/guard-run.ts';
import { Pseudonyms } from '#policy/guards/pseudonyms.ts';
import { isReversible } from '#policy/guards/rule.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import type { Result } from '#stdx/result.ts';

import type { CallRecord } from './call-record.ts';
import type { Gateway } from './ports.ts';
import type { Scene } from './scene.ts';
import { inspect } from './stages.ts';

/**
 * A rule may ask for a guard that a later file has no more. What it allows is then allowed to nobody:
 * a demand that nothing answers must not be one that is met.
 */
export function missingGuard(
  { guards: demanded, principal: { tenant } }: Grant,
  rules: Gateway['guards'],
): Denial | null {
  const isMissing = (name: string): boolean =>
    !rules.some((rule) => rule.name === name && (rule.tenants?.includes(tenant) ?? true));
  const guard = demanded.find(isMissing);
  return guard === undefined ? null : { reason: 'guard-unavailable', guard };
}

export const subjectOf = ({
  principal,
  alias,
  role,
  parentRoles,
  guards,
}: Grant): Omit<Subject, 'cancellation'> => ({
  tenant: principal.tenant,
  owner: ownerOf(principal),
  model: alias.name,
  role,
  parentRoles,
  demanded: guards,
});

export function inspectCall(
  call: Call,
  subject: Subject,
  scene: Scene,
): MaybePromise<Result<ClearedCall, Denial>> {
  const { record } = scene;
  const run = requestGuards(subject, scene);
  return andThen(inspect(call, run, record.evidence), (cleared) => {
    // What only watches delays nobody: the record waits for it, and the call does not.
    record.watching = run.settled();
    // A guard that was asked for somebody who has left is not a guard that failed.
    const { reason } = subject.cancellation;
    if (reason !== null) throw reason;
    return cleared;
  });
}

type Subject = Omit<GuardSubject, 'direction' | 'answers'>;

function requestGuards(caller: Subject, { gateway, record }: Scene): GuardRun {
  const { guards } = gateway;
  if (guards.length === 0) return GuardRun.idle;
  const { principal } = record;
  // Made for callers of a gateway that uses them, and empty until a guard finds something.
  if (principal !== null && guards.some(isReversible)) {
    record.pseudonyms = new Pseudonyms(gateway.pseudonymKey(principal));
  }
  return new GuardRun(guards, { ...caller, direction: 'request' }, portsOf(record, gateway));
}

export function replyGuards(
  caller: Subject,
  limits: ToolLimits,
  call: Call,
  { gateway, record }: Scene,
): GuardRun {
  const { guards } = gateway;
  if (guards.length === 0 && !limitsTools(limits)) return GuardRun.idle;
  const { tools, deniedTools } = limits;
  const answers = { call, tools, deniedTools };
  const subject = { ...caller, direction: 'reply', answers } as const;
  return new GuardRun(guards, subject, portsOf(record, gateway));
}

const portsOf = (
  { evidence, pseudonyms }: CallRecord,
  { clock, approvals }: Gateway,
): GuardPorts => ({
  evidence,
  pseudonyms,
  approvals,
  monotonicMs: () => clock.monotonicMs(),
});
