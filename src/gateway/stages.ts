/** The steps of a request that need more than one line. Each answers with a proof or a denial. */
import { isAscii, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';

import { sealPersons } from '#audit/commitment.ts';
import type { Call } from '#domain/call.ts';
import type { Content } from '#domain/content.ts';
import type { Denial } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import {
  type Admitted,
  type ClearedCall,
  type Grant,
  mintAdmitted,
  mintClearedCall,
} from '#domain/proofs.ts';
import type { Authenticator, Credential } from '#policy/authenticators/authenticator.ts';
import { readCredential } from '#policy/authenticators/credential.ts';
import type { Evidence } from '#policy/guards/evidence.ts';
import type { GuardRun, Whole } from '#policy/guards/guard-run.ts';
import type { Told } from '#policy/guards/tool-judge.ts';
import type { Stop } from '#policy/guards/window.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';
import { scanJson, type JsonProblem } from '#stdx/json-scan.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { nextTurn } from '#stdx/next-turn.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { actorOf, type CallRecord, keyIdOf } from './call-record.ts';
import { type Caller, withEndUser } from './end-users.ts';
import { noteUnreadState } from './held-state.ts';
import type { Gateway, Inbound } from './ports.ts';
import { refusedCredential } from './refused-credential.ts';

/** One credential, one answer. A credential that no authenticator knows is rejected. */
export function authenticate(
  inbound: Inbound,
  gateway: Gateway,
): MaybePromise<Result<Caller, Denial>> {
  const { authenticators, failedCredentials } = gateway;
  const { rawHeaders, ip, certificate, route } = inbound;
  const brought = { certificate: certificate(), method: route.method, path: pathOf(inbound) };
  const credential = readCredential(rawHeaders, brought);
  if (!credential.ok) return credential;
  const attempt = { ip, waitMs: failedCredentials.waitMs(ip) };
  const isLimited = attempt.waitMs !== null;
  const asked = askFrom(0, { authenticators, credential: credential.value, isLimited });
  const { endUsers } = gateway;
  return andThen(asked, (answer): MaybePromise<Result<Caller, Denial>> => {
    if (answer.ok) {
      const ports = { prover: endUsers, attempt, failed: failedCredentials };
      return withEndUser(answer.value, rawHeaders, ports);
    }
    return err(refusedCredential(answer.error, attempt, failedCredentials));
  });
}

/** As it was matched: what is signed and what is served are one path. */
const pathOf = ({ route, id }: Inbound): string =>
  id === null ? route.path : route.path.replace('{id}', () => id);

interface Question {
  readonly authenticators: readonly Authenticator[];
  readonly credential: Credential;
  /** Nothing that costs is proven: what is remembered counts. */
  readonly isLimited: boolean;
}

/** The first authenticator that knows the credential answers for it; nobody is asked after it. */
function askFrom(index: number, question: Question): MaybePromise<Result<Principal, Denial>> {
  const { authenticators, credential, isLimited } = question;
  const authenticator = authenticators[index];
  if (authenticator === undefined) {
    // A certificate that no rule is about was shown to the listener, and is no credential.
    if (credential.carrier === 'certificate') return err({ reason: 'credential-missing' });
    return err({ reason: 'credential-rejected', because: 'unknown' });
  }
  const asked =
    isLimited && authenticator.recall !== undefined
      ? authenticator.recall(credential)
      : authenticator.authenticate(credential);
  return andThen(asked, (answer) => (answer === 'absent' ? askFrom(index + 1, question) : answer));
}

const JSON_PROBLEMS: Readonly<Record<JsonProblem, string>> = {
  'too-deep': 'the JSON is nested too deeply',
  'too-many-members': 'the JSON has too many members',
  'duplicate-key': 'the JSON has a key twice',
  'integer-range': 'the JSON has an integer that is not exact',
};

const malformed = (problem: string): Result<never, Denial> =>
  err({ reason: 'request-malformed', field: 'body', problem });

/** Bytes → object, once. What two parsers could read differently is refused before it is parsed. */
export function parseBody(bytes: Buffer): Result<JsonObject, Denial> {
  if (!isUtf8(bytes)) return malformed('the body is not UTF-8');
  const text = textOf(bytes);
  const problem = scanJson(text);
  if (problem !== null) return malformed(JSON_PROBLEMS[problem]);
  const body = parseJson(text);
  return isJsonObject(body) ? ok(body) : malformed('the body is not a JSON object');
}

/** Most bodies are ASCII, which is read twice as fast. A byte order mark is no part of the text. */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The record that a call begins is written before any of its content leaves, to anyone. */
export async function admit(
  record: CallRecord,
  grant: Grant,
  call: Call,
  { audit, policyVersion }: Gateway,
): Promise<Result<Admitted, Denial>> {
  if (!audit.isTaking) return err({ reason: 'audit-unavailable' });
  const { inbound } = record;
  const { principal, alias, role, rule } = grant;
  const persons = {
    user: principal.user ?? undefined,
    endUser: call.endUser ?? undefined,
    ip: inbound.ip,
  };
  record.sealed = sealPersons(persons);
  await audit.append({
    kind: 'admit',
    requestId: inbound.requestId,
    tenant: principal.tenant,
    team: principal.team ?? undefined,
    serviceAccount: principal.serviceAccount?.name,
    ...persons,
    sealed: record.sealed,
    key: keyIdOf(principal),
    run: principal.run?.path,
    auth: principal.provenBy,
    onBehalfOf: actorOf(principal),
    route: inbound.route.name,
    dialect: call.dialect,
    model: alias.name,
    decision: 'allow',
    rule,
    role,
    reservation: record.reservationEntry,
    policyVersion,
  });
  return ok(mintAdmitted(inbound.requestId));
}

/** What a stop is to a caller. */
export function denialOfStop(stop: Stop): Denial {
  switch (stop.kind) {
    case 'blocked':
      return { reason: 'content-blocked', guard: stop.rule.name, category: stop.category };
    case 'unavailable':
      return { reason: 'guard-unavailable', guard: stop.rule.name };
    case 'tool-forbidden':
      return { reason: 'tool-forbidden' };
  }
}

/**
 * All guards on all passages of a document, and their edits in it; or the stop. Calls of tools are
 * judged first, on what the model wrote.
 */
export function filterContent(
  content: Content,
  run: GuardRun,
  told: Told = {},
): MaybePromise<Filtered> {
  return andThen(run.judge(content.toolCalls, told), (stop) =>
    stop === null ? filterFrom(0, content, run, new Map()) : { stop, isEdited: false },
  );
}

/** After so much of a document, whoever waits has a turn. */
const TURN_CHARS = 65_536;
/** What a short passage costs beside its text. */
const PASSAGE_CHARS = 64;

/** Goes on at once while the guards answer at once, which nearly all of them do. */
function filterFrom(
  start: number,
  content: Content,
  run: GuardRun,
  edits: Map<number, string>,
): MaybePromise<Filtered> {
  const { passages } = content;
  let chars = 0;
  for (let index = start; index < passages.length; index += 1) {
    const passage = passages[index];
    if (passage === undefined) continue;
    if (chars > TURN_CHARS) return nextTurn().then(() => filterFrom(index, content, run, edits));
    chars += passage.text.length + PASSAGE_CHARS;
    const { text, position, isEditable, tool } = passage;
    const whole = run.whole(text, position, isEditable, tool);
    if (whole instanceof Promise) {
      return whole.then((late) =>
        take(late, index, text, edits)
          ? filterFrom(index + 1, content, run, edits)
          : { stop: late.stop, isEdited: false },
      );
    }
    if (!take(whole, index, text, edits)) return { stop: whole.stop, isEdited: false };
  }
  if (edits.size > 0) content.rewrite(edits);
  return { stop: null, isEdited: edits.size > 0 || content.isNormalised };
}

/** False: the text was stopped. */
function take(whole: Whole, index: number, text: string, edits: Map<number, string>): boolean {
  if (whole.stop !== null) return false;
  if (whole.text !== text) edits.set(index, whole.text);
  return true;
}

export interface Filtered {
  readonly stop: Stop | null;
  readonly isEdited: boolean;
}

/** Of the original texts in their order, with a noncharacter between them. */
function digestOf({ passages }: Content): string {
  const texts = passages.map(({ text }) => text).join('\u{10ffff}');
  return hash('sha256', texts, 'base64url');
}

/** Mints the `ClearedCall`: every request guard has seen every passage, edits are in the body. */
export function inspect(
  call: Call,
  run: GuardRun,
  evidence: Evidence,
): MaybePromise<Result<ClearedCall, Denial>> {
  for (const { kind } of call.opaques) evidence.passedUnread(`opaque: ${kind}`, 1);
  noteUnreadState(call, evidence);
  evidence.passedUnread('sealed', call.sealedCount);
  // No rule reads requests of this tenant and model: every guard that must see the call has.
  if (run.isIdle) return ok(mintClearedCall(call));
  evidence.requestDigest = digestOf(call.content);
  return filterCall(call, run);
}

const clearedOr = ({ stop, isEdited }: Filtered, call: Call): Result<ClearedCall, Denial> =>
  stop === null ? ok(mintClearedCall(call, isEdited)) : err(denialOfStop(stop));

function filterCall(call: Call, run: GuardRun): MaybePromise<Result<ClearedCall, Denial>> {
  return andThen(run.judgeDefinitions(call.tools), (stop) =>
    stop === null
      ? andThen(filterContent(call.content, run), (filtered) => clearedOr(filtered, call))
      : clearedOr({ stop, isEdited: false }, call),
  );
}
