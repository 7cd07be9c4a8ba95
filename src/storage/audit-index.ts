/**
 * The kind `AuditIndex`: what of the audit log can be searched, and where each record stands in it. The
 * log is the truth; an index is filled behind it, and can be thrown away and made again. One contract
 * suite runs on every member. Everything rejects with `Fault('storage-failed')` where the store fails.
 *
 * What records say in the words of the configuration (tenant, model, decision, reason, findings, …) is a
 * *shape*: there are few, and each is kept once. A search first looks for shapes, then for records.
 */
import type { Folding } from './rollups/fold.ts';
import type { RollupGroup, RollupQuery } from './rollups/view.ts';

export interface IndexedFinding {
  readonly guard: string;
  readonly category: string | null;
  readonly action: string;
}

export interface RecordShape {
  readonly kind: string;
  readonly tenant: string | null;
  readonly route: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly decision: string | null;
  readonly status: number | null;
  readonly action: string | null;
  readonly reason: string | null;
  readonly findings: readonly IndexedFinding[];
}

/** A record's place in the order of the index: by time, then by writer and number. */
export interface IndexPlace {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly writer: string;
  readonly seq: number;
}

export interface IndexRow extends IndexPlace {
  readonly shape: RecordShape;
  readonly requestId: string | null;
  /** Personal: null also where it was erased. */
  readonly user: string | null;
  readonly endUser: string | null;
  readonly ip: string | null;
  readonly key: string | null;
  readonly resource: string | null;
  readonly costNanoUsd: number | null;
  /** How many it stands for: refusals of strangers are counted; else one. */
  readonly count: number;
  /** The segment that holds it (`seg-<writer>-<epoch>-<n>.log`), and where in it. */
  readonly epoch: number;
  readonly n: number;
  readonly offset: number;
}

/** All that are given must hold. */
export interface IndexFilter {
  /** Unix milliseconds; inclusive, exclusive. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly endUser?: string | undefined;
  readonly key?: string | undefined;
  readonly requestId?: string | undefined;
  readonly kind?: string | undefined;
  /** The one end of each call or refusal alone: `complete` and `deny`. */
  readonly isEnd?: true | undefined;
  readonly route?: string | undefined;
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly decision?: string | undefined;
  readonly status?: number | undefined;
  readonly action?: string | undefined;
  /** Of one finding, where both are given. */
  readonly guard?: string | undefined;
  readonly category?: string | undefined;
  /** A guard found something. */
  readonly isFound?: true | undefined;
  /** Inclusive, both. A record without a cost has none of them. */
  readonly costMinNanoUsd?: number | undefined;
  readonly costMaxNanoUsd?: number | undefined;
  /** Words; each has to be somewhere in the reason, in any case. */
  readonly text?: string | undefined;
}

export interface IndexQuery {
  readonly filter: IndexFilter;
  /** At most `PAGE_MAX`. */
  readonly limit: number;
  /** The last row of the page before; null: from the newest on. */
  readonly after: IndexPlace | null;
}

export interface IndexPage {
  /** The newest first. */
  readonly rows: readonly IndexRow[];
  readonly next: IndexPlace | null;
}

/** Records of one writer without a gap: those behind `after`, up to `through`. */
export interface IndexSpan {
  readonly writer: string;
  readonly after: number;
  readonly through: number;
}

export interface IndexPerson {
  readonly tenant: string;
  readonly user?: string | undefined;
  readonly endUser?: string | undefined;
}

/** What records are counted by, beside their shape. */
export const tallyNames = ['key', 'user', 'ip'] as const;
export type TallyBy = (typeof tallyNames)[number];

/** How often records of one shape came with one key, or whatever they are counted by. */
export interface Tally {
  readonly shape: RecordShape;
  readonly key: string | null;
  /** Sums of `count`. */
  readonly count: number;
  /** Unix milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface AuditIndex {
  /**
   * Adds what is not there yet, in one transaction with how far the log was read. The position moves only
   * where it was not before `after`: what a reader left out is never taken for read. Resolves with it.
   * Samples of records that it moves over are counted with it, so each once.
   */
  add(rows: readonly IndexRow[], span: IndexSpan, folding?: Folding): Promise<number>;
  /** Every record of this writer up to it was read. 0: none. */
  position(writer: string): Promise<number>;
  search(query: IndexQuery): Promise<IndexPage>;
  find(writer: string, seq: number): Promise<IndexRow | null>;
  /** The most frequent first, `TALLIES_MAX` at most. Reads every row that fits. */
  tally(filter: IndexFilter, by?: TallyBy): Promise<readonly Tally[]>;
  /** Numbers of the past, the groups with the most first. */
  rollups(query: RollupQuery): Promise<readonly RollupGroup[]>;
  /** Removes numbers that are older than they are kept; how many rows. */
  trimRollups(nowMs: number): Promise<number>;
  /** How many rows lost their user, end user and address. What was there is overwritten. */
  erasePerson(person: IndexPerson): Promise<number>;
  /** Removes rows up to a number: their records are gone. */
  removeThrough(writer: string, seq: number): Promise<number>;
  /** Forgets every row and number of a writer, and how far it was read. */
  clear(writer: string): Promise<void>;
  close(): Promise<void>;
}

export const PAGE_MAX = 200;
export const TALLIES_MAX = 5_000;
/** Shapes that are looked up one by one and merged; where more fit, most records do: time is read. */
export const MERGED_MAX = 256;
const WORDS_MAX = 8;

/** The words of a search for text, as reasons are compared: at most eight. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '')
    .slice(0, WORDS_MAX);

/** Powers of two: the costs that a filter asks for are in few of them. */
export const costBucket = (nanoUsd: number): number => Math.floor(Math.log2(Math.max(1, nanoUsd)));

/** For sorting, the newest first. */
export const orderOf = (a: IndexPlace, b: IndexPlace): number =>
  b.atMs - a.atMs || (a.writer === b.writer ? b.seq - a.seq : a.writer < b.writer ? 1 : -1);

/** One page out of one row more than it holds. */
export function pageOfRows(rows: readonly IndexRow[], limit: number): IndexPage {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: page, next: null };
  return { rows: page, next: { atMs: last.atMs, writer: last.writer, seq: last.seq } };
}

/** How a shape is told from others, and read back. */
export const shapeText = (shape: RecordShape): string =>
  JSON.stringify([
    shape.kind,
    shape.tenant,
    shape.route,
    shape.model,
    shape.provider,
    shape.decision,
    shape.status,
    shape.action,
    shape.reason,
    shape.findings.map(({ guard, category, action }) => [guard, category, action]),
  ]);
