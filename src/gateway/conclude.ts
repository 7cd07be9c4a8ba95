/**
 * The end of a request, in the order that no path may change: usage, record, settlement, last byte.
 * If the record cannot be written, the caller does not get the answer.
 */
import type { Denial } from '#domain/denial.ts';
import { Fault, faultReplies } from '#domain/fault.ts';
import { plainUsage, type Usage } from '#domain/money.ts';

import { alertOfDenial, alertOfFound, alertOfOverrun } from './alerts/alert.ts';
import type { Answer } from './answer-read.ts';
import { CallRecord, keyIdOf, offeredKeyOf } from './call-record.ts';
import { type Ending, reasonOf, reasonText } from './ending.ts';
import { denialAdvice } from './decisions.ts';
import { release, shapeOf, type Way } from './last-byte.ts';
import type { Gateway, Inbound, Outlet } from './ports.ts';
import { statusOfDenial } from './public-error.ts';
import { measure } from './measure.ts';
import { isOfHoneyKey } from './refused-credential.ts';

export async function conclude(
  answer: Answer,
  record: CallRecord,
  outlet: Outlet,
  gateway: Gateway,
): Promise<void> {
  let ending = endingOf(answer);
  takeUsage(answer, record);
  try {
    if (record.watching instanceof Promise) await record.watching;
    if (record.tap !== null) record.contentRef = await keepContent(answer, record, gateway);
    await writeRecord(ending, record, { outlet, gateway });
  } catch (thrown) {
    // No record, no answer: whatever it was, the caller gets this fault instead.
    const fault =
      thrown instanceof Fault ? thrown : new Fault('audit-failed', 'appending a record');
    ending = { kind: 'faulted', fault };
  }
  settle(record, ending);
  learn(record, ending, gateway);
  const way = { outlet, gateway };
  report(record, ending, way);
  try {
    const releasing = release(answer, ending, record, way);
    if (releasing !== undefined) await releasing;
  } catch (thrown) {
    // The socket is gone. What was owed to the log and the ledger is paid already.
    if (!(thrown instanceof Fault)) throw thrown;
  }
}

/** The record says where it is, so it comes first. What cannot be kept is as a record that cannot. */
async function keepContent(
  answer: Answer,
  record: CallRecord,
  { content }: Gateway,
): Promise<string | undefined> {
  const { tap, principal, call, inbound, pseudonyms } = record;
  if (tap === null || content === null || principal === null) return undefined;
  if (answer.kind === 'whole' && answer.reply.denial === null) tap.answered(answer.reply.body);
  if (answer.kind === 'stream') tap.answered(answer.end.last);
  return await content.keep({
    requestId: inbound.requestId,
    tenant: principal.tenant,
    user: principal.user ?? null,
    endUser: call?.endUser ?? null,
    key: keyIdOf(principal) ?? null,
    said: await tap.said(pseudonyms),
  });
}

function endingOf(answer: Answer): Ending {
  switch (answer.kind) {
    case 'denied':
      return answer;
    case 'faulted':
      return answer;
    case 'own':
      return { kind: 'completed' };
    case 'whole':
      return answer.reply.denial === null
        ? { kind: 'completed' }
        : { kind: 'denied', denial: answer.reply.denial };
    case 'stream':
      return answer.end.denial === null
        ? { kind: 'completed' }
        : { kind: 'denied', denial: answer.end.denial };
  }
}

function takeUsage(answer: Answer, record: CallRecord): void {
  if (answer.kind === 'faulted') record.usage ??= usageWhenCut(record);
  if (answer.kind === 'whole') {
    record.usage = answer.reply.usage;
    record.answerChars = answer.reply.body.length;
  }
  if (answer.kind !== 'whole' && answer.kind !== 'stream') return;
  answer.upstream.finished(null);
  if (answer.kind === 'stream') {
    record.usage = answer.end.usage;
    record.answerChars = answer.end.chars + answer.end.last.length;
    record.firstByteMs = answer.end.firstByteMs;
  }
}

/** Of an answer that had begun. Attempts that have brought none say themselves what they may have cost. */
function usageWhenCut({ attempts, inputTokens, held }: CallRecord): Usage | null {
  if (attempts.at(-1)?.fault !== null) return null;
  return plainUsage(inputTokens, held.nanoUsd > 0 ? held.outputTokens : 0, 'estimated');
}

/** What the caller saw: a stream that began said 200, however it ended. */
const statusOf = (ending: Ending, record: CallRecord, { outlet }: Way): number => {
  if (outlet.isBegun) return 200;
  if (ending.kind === 'completed') return record.okStatus;
  if (ending.kind === 'denied') return statusOfDenial(ending.denial, shapeOf(record));
  return ending.fault.code === 'client-gone' ? 499 : faultReplies[ending.fault.code].status;
};

/**
 * Refusals of strangers are counted by address and second, not written one by one: nobody without a
 * credential can fill the disk. Everything else has a record of its own.
 */
async function writeRecord(ending: Ending, record: CallRecord, way: Way): Promise<void> {
  const { gateway } = way;
  const { inbound, principal } = record;
  if (inbound.route.audit === 'none') return;
  const status = statusOf(ending, record, way);
  const isStranger = principal === null && ending.kind === 'denied';
  if (isStranger && !isRecorded(ending.denial, inbound, gateway)) {
    record.holdMs = gateway.refusals.add(inbound.ip, status, reasonText(ending.denial));
    return;
  }
  const nowMs = gateway.clock.monotonicMs();
  await gateway.audit.append(record.draft(status, ending, nowMs, gateway.policyVersion));
}

/**
 * Of what nobody has proven to be, uses of a honey key are recorded, so many of each from an address.
 * Whoever brings a wrong end user has a key.
 */
function isRecorded(denial: Denial, { ip }: Inbound, { failedCredentials }: Gateway): boolean {
  const key = offeredKeyOf(denial);
  if (key?.isProven === true) return true;
  return key !== null && isOfHoneyKey(denial) && failedCredentials.noteHoney(key.keyId, ip);
}

/** The same where a stranger is answered in other words than ours. Whether a record was written. */
export async function tellRefused(
  denial: Denial,
  status: number,
  inbound: Inbound,
  gateway: Gateway,
): Promise<boolean> {
  const record = new CallRecord(inbound);
  const ending = { kind: 'denied', denial } as const;
  const isWritten = isRecorded(denial, inbound, gateway);
  if (isWritten) {
    const nowMs = gateway.clock.monotonicMs();
    await gateway.audit.append(record.draft(status, ending, nowMs, gateway.policyVersion));
  }
  if (!gateway.alerts.isIdle) raiseAlerts(record, ending, gateway);
  return isWritten;
}

function settle(record: CallRecord, ending: Ending): void {
  const { reservation, attemptHolds, usage, lost } = record;
  if (usage !== null || lost.length > 0 || ending.kind === 'completed') {
    reservation?.settle(record.used());
    attemptHolds?.settle(record.usedByAnswer());
  } else {
    reservation?.release();
    attemptHolds?.release();
  }
}

/** What a provider tells beyond what can be is not charged, and somebody has to look at it. */
function learn(record: CallRecord, ending: Ending, { expectations, alerts }: Gateway): void {
  const { usage, grant, call, principal, inbound } = record;
  if (usage === null || grant === null || call?.action !== 'chat') return;
  const { name } = grant.alias;
  // One tenant's answers say nothing of another's, and those that were cut say nothing at all.
  if (ending.kind === 'completed') {
    expectations.ended(grant.principal.tenant, name, usage.outputTokens / call.choices);
  }
  if ((record.toldNanoUsd ?? 0) <= (record.answerNanoUsd ?? 0)) return;
  const { requestId } = inbound;
  const key = keyIdOf(principal) ?? null;
  alerts.raise(alertOfOverrun({ tenant: grant.principal.tenant, requestId, key, model: name }));
}

function report(record: CallRecord, ending: Ending, way: Way): void {
  const { gateway } = way;
  const { inbound, principal } = record;
  const reason = reasonOf(ending);
  measure(record, { ending, status: statusOf(ending, record, way), gateway });
  const { evidence } = record;
  evidence.eachFound(({ rule: { name, mode } }, { action, count }) => {
    gateway.meter.guardActed({ guard: name, mode, action, count });
  });
  if (!gateway.alerts.isIdle) raiseAlerts(record, ending, gateway);
  if (evidence.unreadCount > 0) gateway.meter.notScanned(evidence.unreadCount);
  if (principal === null || inbound.route.serves === 'decision') return;
  const { requestId } = inbound;
  if (ending.kind === 'denied') {
    gateway.misuse?.denied(principal, ending.denial.reason);
    const advice = denialAdvice[ending.denial.reason];
    gateway.decisions.keep(principal, { requestId, decision: 'deny', reason, advice });
  } else {
    const isAllowed = ending.kind === 'completed';
    const advice = isAllowed ? 'The call was allowed.' : faultReplies[ending.fault.code].message;
    const decision = isAllowed ? 'allow' : 'fault';
    gateway.decisions.keep(principal, { requestId, decision, reason, advice });
  }
}

/** Raised when the record is written, so that whoever is told finds it in the log. */
function raiseAlerts(record: CallRecord, ending: Ending, { alerts }: Gateway): void {
  const { principal, inbound, grant, evidence } = record;
  const offered = ending.kind === 'denied' ? offeredKeyOf(ending.denial) : null;
  const scene = {
    tenant: principal?.tenant ?? offered?.tenant ?? null,
    requestId: inbound.requestId,
    key: keyIdOf(principal) ?? offered?.keyId ?? null,
    model: grant?.alias.name ?? null,
  };
  evidence.eachFound(({ rule, on }, found) => alerts.raise(alertOfFound(rule, on, found, scene)));
  const stopped = ending.kind === 'denied' ? alertOfDenial(ending.denial, scene) : null;
  if (stopped !== null) alerts.raise(stopped);
}
