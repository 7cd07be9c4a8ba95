/**
 * Brings records of ended calls from the audit log to the ledger. A record is noted when it is in the
 * log, and what was noted is added together, so that no call waits. What a crash kept from the ledger is
 * read from the log at the next start: the ledger knows how far it has read, and takes nothing twice.
 */
import type { AuditDraft } from '#audit/record.ts';
import type { Timers } from '#audit/timers.ts';
import { Fault } from '#domain/fault.ts';
import {
  isOfQuery,
  type LedgerEnd,
  type LedgerEntry,
  type SpendQuery,
} from '#domain/ledger-entry.ts';
import type { Ledger } from '#storage/ledger.ts';

const COLLECTED_MS = 250;
const BATCH_MAX = 2_000;
const RETRY_MS = 1_000;
/** About a hundred megabytes. What is beyond it is in the log, and is read from there. */
const QUEUED_MAX = 200_000;
/** Calls that a crash interrupted. There are as many as ran at once; the log remembers 100,000. */
const CRASHED_MAX = 10_000;

export interface LedgerFeedParts {
  readonly ledger: Ledger;
  readonly writer: string;
  readonly timers: Timers;
  /** Ends of calls that the log has behind a record, in its order. */
  readonly recordsAfter: (seq: number) => AsyncIterable<AuditDraft & { readonly seq: number }>;
  readonly onFault: (thrown: unknown) => void;
  /** The ledger has less than it had. It is told again what it lost. */
  readonly onSetBack: () => void;
  readonly queuedMax?: number;
}

export class LedgerFeed {
  readonly #parts: LedgerFeedParts;
  /** In the order of the log: whatever stands before an entry there was noted before it. */
  #queue: { readonly entry: LedgerEntry; readonly seq: number }[] = [];
  #cancel: (() => void) | null = null;
  #adding: Promise<void> = Promise.resolve();
  /** More came than is kept: the log has to be read. */
  #isBehind = false;
  /** How far the log is read, as the ledger has said; less is a server that was set back. */
  #read = 0;
  /** Charged by reading the log, for calls whose process died; by id, as it may have to be read again. */
  readonly #crashed = new Map<string, LedgerEntry>();

  constructor(parts: LedgerFeedParts) {
    this.#parts = parts;
  }

  /** Reads what the log has and the ledger has not. Before the first call. */
  async catchUp(): Promise<number> {
    const { ledger, writer, recordsAfter } = this.#parts;
    let added = 0;
    let entries: LedgerEntry[] = [];
    this.#read = await ledger.position(writer);
    let seq = this.#read;
    for await (const record of recordsAfter(seq)) {
      ({ seq } = record);
      const read = entriesOf(record);
      entries.push(...read);
      if (isCrash(record) && this.#crashed.size < CRASHED_MAX)
        for (const entry of read) this.#crashed.set(entry.id, entry);
      if (entries.length < BATCH_MAX) continue;
      added += await this.#addRead(entries, seq);
      entries = [];
    }
    return added + (await this.#addRead(entries, seq));
  }

  async #addRead(entries: readonly LedgerEntry[], seq: number): Promise<number> {
    const { ledger, writer } = this.#parts;
    const added = await ledger.add(entries, { writer, seq, after: this.#read });
    // Whoever reads the log begins again, from where the ledger is now.
    if (added === null) throw new Fault('storage-failed', 'the ledger was set back meanwhile');
    this.#read = seq;
    return added;
  }

  /** What of these sums was charged for calls that a crash interrupted, by `catchUp`: how many, and nano-USD. */
  crashed(query: SpendQuery): { readonly calls: number; readonly nanoUsd: number } {
    const entries = [...this.#crashed.values()].filter((entry) => isOfQuery(query, entry));
    const nanoUsd = entries.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
    return { calls: entries.filter(({ end }) => end === 'expire').length, nanoUsd };
  }

  /** The ledger is away: the log is read when it is back, and until then nothing is added before it. */
  beginBehind(): void {
    this.#isBehind = true;
    this.#cancel ??= this.#parts.timers.after(RETRY_MS, () => void this.#begin());
  }

  /** A record that is in the log, in the order of the log. */
  note(record: AuditDraft, seq: number): void {
    const entries = entriesOf(record);
    if (entries.length === 0) return;
    // Once one was left out nothing behind it is taken: the ledger would take it for read.
    if (this.#isBehind || this.#queue.length >= (this.#parts.queuedMax ?? QUEUED_MAX)) {
      this.#isBehind = true;
      return;
    }
    // A batch may end between them: the record is read when the last of them, its call, is added.
    const last = entries.length - 1;
    for (const [at, entry] of entries.entries()) {
      this.#queue.push({ entry, seq: at === last ? seq : seq - 1 });
    }
    this.#cancel ??= this.#parts.timers.after(COLLECTED_MS, () => void this.#begin());
  }

  /**
   * Resolves when everything that was noted is in the ledger, and still is; rejects where it cannot be
   * added. Sums that are taken then go into counters, and nobody would correct them there.
   */
  async flush(): Promise<void> {
    await this.#begin(true);
    // Asked for after this: a batch that is added meanwhile only moves it on.
    const read = this.#read;
    if ((await this.#parts.ledger.position(this.#parts.writer)) >= read) return;
    this.#setBack();
    await this.#begin(true);
  }

  /** A failover has lost what was added last, and only the log has it: it is left out of the ledger. */
  #setBack(): void {
    this.#isBehind = true;
    this.#parts.onSetBack();
  }

  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#begin(true);
  }

  #begin(isAwaited = false): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const adding = this.#adding.then(() => this.#addAll());
    // One batch after another. What was not added is tried again, and whoever waits hears of it.
    this.#adding = adding.catch((thrown: unknown) => {
      if (!isAwaited) this.#parts.onFault(thrown);
      this.#cancel ??= this.#parts.timers.after(RETRY_MS, () => void this.#begin());
    });
    return isAwaited ? adding : this.#adding;
  }

  async #addAll(): Promise<void> {
    const { ledger, writer } = this.#parts;
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      const seq = batch.at(-1)?.seq ?? 0;
      const entries = batch.map(({ entry }) => entry);
      // What was left out is before these: the log is read for it, from where it was read to.
      const position = this.#isBehind ? null : { writer, seq, after: this.#read };
      if ((await ledger.add(entries, position)) === null) {
        this.#setBack();
        continue;
      }
      if (position !== null) this.#read = seq;
      this.#queue = this.#queue.slice(batch.length);
    }
    if (!this.#isBehind) return;
    await this.catchUp();
    this.#isBehind = false;
    // What ended while the log was read is behind what was read of it, and stands in the log.
    await this.catchUp().catch((thrown: unknown) => {
      this.#isBehind = true;
      throw thrown;
    });
  }

  #next() {
    return this.#queue.slice(0, BATCH_MAX);
  }
}

const ENDS: ReadonlySet<string> = new Set(['complete', 'deny']);

/** The lines of a record: what its attempts have lost, and its call; none where it ends no reservation. */
export function entriesOf(record: AuditDraft): readonly LedgerEntry[] {
  const call = entryOf(record);
  if (call === null) return [];
  const lost = lostOf(record, call);
  return lost.length === 0 ? [call] : [...lost, without(call, lost)];
}

function entryOf(record: AuditDraft): LedgerEntry | null {
  const { kind, reservation, requestId, tenant, usage } = record;
  if (!ENDS.has(kind) || requestId === undefined || tenant === undefined) return null;
  // What is no call has no model, and costs nothing.
  if (reservation?.atMs === undefined || record.model === undefined) return null;
  return {
    id: requestId,
    end: endOf(record),
    atMs: reservation.atMs,
    tenant,
    team: record.team ?? null,
    user: record.user ?? null,
    key: record.key ?? null,
    rootKey: reservation.key ?? record.key ?? null,
    run: record.run ?? null,
    model: record.model,
    provider: record.provider ?? null,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    cacheReadTokens: usage?.cacheReadTokens ?? 0,
    cacheWriteTokens: usage?.cacheWriteTokens ?? 0,
    reasoningTokens: usage?.reasoningTokens ?? 0,
    // Nobody knows what a call came to whose process died: what was held for it is what it cost.
    costNanoUsd: usage?.costNanoUsd ?? (isCrash(record) ? reservation.estimateNanoUsd : 0),
    priceVersion: usage?.priceVersion ?? null,
    source: usage?.source ?? (isCrash(record) ? 'reserved' : 'none'),
  };
}

/** Each at its own provider, under an id of its own, and of the period of its call. */
const lostOf = ({ attempts }: AuditDraft, call: LedgerEntry): readonly LedgerEntry[] =>
  (attempts ?? []).flatMap(({ provider, usage }, at) =>
    usage === undefined
      ? []
      : {
          ...call,
          id: `${call.id}~${at + 1}`,
          end: 'attempt',
          provider,
          ...NO_TOKENS,
          inputTokens: usage.inputTokens,
          outputTokens: usage.outputTokens,
          costNanoUsd: usage.costNanoUsd,
          priceVersion: usage.priceVersion ?? null,
          source: 'estimated',
        },
  );

const NO_TOKENS = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };

/** A record tells of all that was used. */
const without = (call: LedgerEntry, lost: readonly LedgerEntry[]): LedgerEntry => ({
  ...call,
  inputTokens: lost.reduce((left, { inputTokens }) => left - inputTokens, call.inputTokens),
  outputTokens: lost.reduce((left, { outputTokens }) => left - outputTokens, call.outputTokens),
  costNanoUsd: lost.reduce((left, { costNanoUsd }) => left - costNanoUsd, call.costNanoUsd),
});

const isCrash = ({ decision }: AuditDraft): boolean => decision === 'crash_unknown';

function endOf(record: AuditDraft): LedgerEnd {
  if (isCrash(record)) return 'expire';
  return record.usage === undefined && record.kind === 'deny' ? 'release' : 'settle';
}
