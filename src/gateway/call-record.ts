/** What is known of one request so far, and the records that are made of it. */
import type { SealedPersons } from '#audit/commitment.ts';
import type { AuditDraft, GuardEntry } from '#audit/record.ts';
import type { Call } from '#domain/call.ts';
import type { Denial, OfferedKey } from '#domain/denial.ts';
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type { Usage } from '#domain/money.ts';
import { holderOf, type Principal } from '#domain/principal.ts';
import type { Grant, Reservation } from '#domain/proofs.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { inputTokensOf, outputTokensMax } from '#metering/estimate.ts';
import { Evidence } from '#policy/guards/evidence.ts';
import type { Pseudonyms } from '#policy/guards/pseudonyms.ts';

import { rootKeyOf } from './call-subject.ts';
import type { Attempt, AttemptHolds, Losses, Lost } from './attempt.ts';
import { costOfUsage, lostIn, usageEntryOf } from './call-cost.ts';
import type { ContentTap } from './content-tap.ts';
import { type Ending, endingFields } from './ending.ts';
import type { Inbound } from './ports.ts';
import type { CallTrace } from './tracing/call-trace.ts';

const NOTHING: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };

/** Filled from top to bottom as a request goes on. One a request; nothing else is shared. */
export class CallRecord {
  readonly inbound: Inbound;
  readonly evidence = new Evidence();
  readonly attempts: Attempt[] = [];
  principal: Principal | null = null;
  call: Call | null = null;
  grant: Grant | null = null;
  reservation: Reservation | null = null;
  /** What its attempts hold where limits count by provider; null where none does. */
  attemptHolds: AttemptHolds | null = null;
  /** Null: it was not sent. */
  losses: Losses | null = null;
  isAdmitted = false;
  /** What is said where all went well. */
  okStatus: 200 | 201 = 200;
  /** Guards that watch the request and are not done; each has its deadline. */
  watching: MaybePromise<void> = undefined;
  /** The reversible masks of the call; it holds values, and no record is made of it. */
  pseudonyms: Pseudonyms | null = null;
  /** Null: nothing of what is said is kept. */
  tap: ContentTap | null = null;
  /** Where it was kept, once it was. */
  contentRef: string | undefined;
  /** What the call's text comes to. */
  inputTokens = 0;
  bodyBytes = 0;
  answerChars = 0;
  /** What limits and budgets hold for it and its answer. */
  held: Amounts = NOTHING;
  /** The bound that its answer was given, where the caller gave none or one that was too dear. */
  boundedTokens: number | null = null;
  /** Commitments to personal values, made once for both records of a call. */
  sealed: SealedPersons | undefined;
  usage: Usage | null = null;
  firstByteMs: number | null = null;
  /** How long the refusal of a stranger is held back. */
  holdMs = 0;
  /** When it went to providers, monotonic. */
  sentMs = 0;
  upstreamMs = 0;
  /** Null: nobody traces calls. */
  trace: CallTrace | null = null;
  /** The most that it may cost, where nothing is held for it. */
  #unheldNanoUsd = 0;
  #pricedUsage: Usage | null = null;
  #toldNanoUsd: number | null = null;

  constructor(inbound: Inbound) {
    this.inbound = inbound;
  }

  /** Counted once: limits hold it, and a provider that reports nothing is billed by it. */
  estimate(call: Call, bodyBytes: number): void {
    this.call = call;
    this.bodyBytes = bodyBytes;
    this.inputTokens = inputTokensOf(call);
    this.held = this.amountsOf(call, 0);
  }

  /** What a call may come to; `nanoUsd` where money counts it. */
  amountsOf(call: Call, nanoUsd: number, likelyNanoUsd = nanoUsd): Amounts {
    const { inputTokens, bodyBytes: bytes } = this;
    const outputTokens = outputTokensMax(call);
    this.held = { requests: 1, inputTokens, outputTokens, bytes, nanoUsd, likelyNanoUsd };
    return this.held;
  }

  /** No budget counts it: what it is charged when this process dies in the middle of it. */
  unheld(nanoUsd: number): void {
    this.#unheldNanoUsd = nanoUsd;
  }

  /** Guards have made its text longer, and more is held. */
  grew(held: Amounts, bodyBytes: number): void {
    this.held = held;
    this.bodyBytes = bodyBytes;
  }

  /** Its answer was given a bound: whoever asked is told. */
  bounded(call: Call): void {
    this.call = call;
    this.boundedTokens = call.maxOutputTokens;
  }

  /** What it came to. Tokens are of one attempt, as they are held: the answer, or the last that was lost. */
  used(): Amounts {
    const { inputTokens, outputTokens } = this.usage ?? this.lost.at(-1) ?? NOTHING;
    const bytes = this.bodyBytes + this.answerChars;
    return { requests: 1, inputTokens, outputTokens, bytes, nanoUsd: this.costNanoUsd ?? 0 };
  }

  /** The same without what was lost before the answer: that is counted by its own attempts. */
  usedByAnswer(): Amounts {
    return { ...this.used(), nanoUsd: this.answerNanoUsd ?? 0 };
  }

  get lost(): readonly Lost[] {
    return lostIn(this.attempts);
  }

  /** Null: nobody knows. */
  get costNanoUsd(): number | null {
    const { answerNanoUsd, lost } = this;
    if (lost.length === 0) return answerNanoUsd;
    return lost.reduce((sum, { nanoUsd }) => sum + (nanoUsd ?? 0), answerNanoUsd ?? 0);
  }

  /** Never more than the most that was held: a budget that holds cannot be overrun by what is told. */
  get answerNanoUsd(): number | null {
    const told = this.toldNanoUsd;
    const { nanoUsd: most } = this.held;
    return told === null || most === 0 ? told : Math.min(told, most);
  }

  /** By what the provider says. More than can be is a mistake, of its counts or of our prices. */
  get toldNanoUsd(): number | null {
    const { usage } = this;
    if (usage === null) return null;
    // Records, headers, budgets and alerts ask; it is worked out once.
    if (this.#pricedUsage !== usage) {
      this.#pricedUsage = usage;
      const price = this.attempts.at(-1)?.deployment.price ?? null;
      this.#toldNanoUsd = costOfUsage(usage, this.call, price);
    }
    return this.#toldNanoUsd;
  }

  /** What limits have left that hold for it, those by provider last. */
  get limitStates(): readonly LimitState[] {
    const { reservation, attemptHolds } = this;
    const states = reservation?.remaining ?? [];
    return attemptHolds === null ? states : [...states, ...attemptHolds.remaining];
  }

  get reservationEntry(): AuditDraft['reservation'] {
    const { reservation, held } = this;
    if (reservation === null) return undefined;
    return {
      id: reservation.id,
      atMs: reservation.atMs,
      key: this.principal === null ? undefined : ownerKeyOf(this.principal),
      estimateNanoUsd: held.nanoUsd === 0 ? this.#unheldNanoUsd : held.nanoUsd,
      estimateTokens: held.inputTokens + held.outputTokens,
    };
  }

  /** The terminal record of a call that was admitted, or the only record of any other. */
  draft(status: number, ending: Ending, nowMs: number, policyVersion: string): AuditDraft {
    const { inbound, principal, call, grant, reservation } = this;
    const last = this.attempts.at(-1)?.deployment;
    return {
      kind: ending.kind === 'denied' ? 'deny' : 'complete',
      requestId: inbound.requestId,
      tenant: principal?.tenant ?? tenantOf(ending),
      team: principal?.team ?? undefined,
      serviceAccount: principal?.serviceAccount?.name,
      user: principal?.user ?? undefined,
      endUser: call?.endUser ?? undefined,
      key: keyIdOf(principal) ?? keyOf(ending),
      run: principal?.run?.path,
      auth: principal?.provenBy,
      onBehalfOf: actorOf(principal),
      ip: inbound.ip,
      route: inbound.route.name,
      dialect: call?.dialect,
      model: grant?.alias.name,
      provider: last?.provider,
      deployment: last?.id,
      attempts: this.attempts.length === 0 ? undefined : this.#attempts(),
      ...endingFields(ending),
      rule: grant?.rule ?? ruleOf(ending),
      role: grant?.role,
      guards: this.#guards(),
      limits: reservation === null ? undefined : this.limitStates,
      reservation: this.reservationEntry,
      usage: usageEntryOf(this),
      timings: this.#timings(nowMs),
      status,
      policyVersion,
      contentRef: this.contentRef,
      sealed: this.sealed,
    };
  }

  #attempts(): AuditDraft['attempts'] {
    return this.attempts.map(({ deployment, status, fault, ms, lost }) => ({
      provider: deployment.provider,
      deployment: deployment.id,
      status: status ?? undefined,
      fault: fault ?? undefined,
      ms,
      usage: lost === null ? undefined : lostEntryOf(lost),
    }));
  }

  #guards(): GuardEntry[] | undefined {
    if (this.evidence.isEmpty) return undefined;
    const { requestDigest, replyDigest } = this.evidence;
    const unread = this.evidence.unread();
    const lines = this.evidence
      .list()
      .map(({ name, mode, action, category, position, ...rest }) => ({
        name,
        mode,
        action,
        category: category ?? undefined,
        position: position ?? undefined,
        count: rest.count,
        scannedChars: rest.scannedChars,
        us: rest.us,
        textDigest: (rest.on === 'request' ? requestDigest : replyDigest) ?? undefined,
        notScanned: unread === '' ? undefined : unread,
      }));
    if (lines.length > 0 || unread === '') return lines.length === 0 ? undefined : lines;
    return [{ name: 'none', mode: 'enforce', action: 'pass', notScanned: unread }];
  }

  #timings(nowMs: number): AuditDraft['timings'] {
    const { startMs } = this.inbound;
    const totalMs = nowMs - startMs;
    return {
      totalMs: Math.round(totalMs),
      ttftMs: this.firstByteMs === null ? undefined : Math.round(this.firstByteMs - startMs),
      upstreamMs: Math.round(this.upstreamMs),
      gatewayUs: Math.max(0, Math.round((totalMs - this.upstreamMs) * 1_000)),
    };
  }
}

/** Who acts for the user, where the token says so (RFC 8693 section 4.1). */
export function actorOf(principal: Principal | null): string | undefined {
  const actor = principal?.claims['act'];
  return typeof actor === 'string' ? actor : principal?.endUserActor;
}

/** A run is told of by its path; the key is the one that it was minted from. */
export const keyIdOf = (principal: Principal | null): string | undefined =>
  principal === null ? undefined : (holderOf(principal).keyId ?? undefined);

/** The key that limits count, where it is not the one that was used. */
function ownerKeyOf(principal: Principal): string | undefined {
  const root = rootKeyOf(principal);
  return root === keyIdOf(principal) ? undefined : (root ?? undefined);
}

const lostEntryOf = ({ inputTokens, outputTokens, nanoUsd, priceVersion }: Lost) => ({
  inputTokens,
  outputTokens,
  costNanoUsd: nanoUsd ?? 0,
  priceVersion,
});

const ruleOf = (ending: Ending): string | undefined =>
  ending.kind === 'denied' && 'rule' in ending.denial ? ending.denial.rule : undefined;

const keyOf = (ending: Ending): string | undefined =>
  ending.kind === 'denied' ? offeredKeyOf(ending.denial)?.keyId : undefined;

const tenantOf = (ending: Ending): string | undefined =>
  ending.kind === 'denied' ? (offeredKeyOf(ending.denial)?.tenant ?? undefined) : undefined;

/** The key that a refused credential names, where there is one of that id. */
export function offeredKeyOf(denial: Denial): OfferedKey | null {
  const key = 'key' in denial ? denial.key : undefined;
  return key === undefined || key.tenant === '' ? null : key;
}
