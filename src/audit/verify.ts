/**
 * Proves a log, from its files alone: nothing missing, nothing changed, nothing added.
 *
 * For each writer: numbers without gaps, each record linked to the hash of the one before, both
 * checksums, and every personal value that is still there opens its commitment. For the whole: each
 * record is the one that the Merkle log has, the Merkle log is the one that its key signed, and it is
 * the one that every anchor saw. Streams through one window a writer (1 MiB) and a ring of hashes.
 */
import { join } from 'node:path';

import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import { diskFiles, type AuditFiles } from './file-port.ts';
import { CheckpointFiles, LOG_FOLDER } from './merkle/checkpoint-files.ts';
import { TileFiles } from './merkle/tile-files.ts';
import { CHECKPOINT_SEEN, TreeProof } from './merkle/tree-proof.ts';
import { type AnchorNote, type Sightings, sightingsOf, type TreeVerdict } from './sightings.ts';
import { type Span, spanOf } from './span.ts';
import { type Anchor, type Finding, type FirstBad, type WriterVerdict } from './writer-proof.ts';
import { WriterRun } from './writer-run.ts';

export type { Anchor, FirstBad, WriterVerdict } from './writer-proof.ts';

export interface Verdict {
  /** 0 intact, 2 altered, 3 gap, 4 intact with an unanchored or torn tail, 5 stale anchor, 6 fork. */
  readonly exit: 0 | 2 | 3 | 4 | 5 | 6;
  readonly records: number;
  readonly writers: readonly WriterVerdict[];
  /** Records without their personal values, and how many of them erasures in the log account for. */
  readonly erased: { readonly records: number; readonly accounted: number };
  /** Null: nothing was put into a Merkle log yet. */
  readonly tree: TreeVerdict | null;
  readonly firstBad?: FirstBad;
}

export interface VerifyOptions extends Span {
  readonly files?: AuditFiles;
  /** Heads of chains that were seen. */
  readonly anchors?: readonly Anchor[];
  /** Checkpoints that were kept elsewhere. */
  readonly anchorNotes?: readonly AnchorNote[];
  /** Keys that are trusted, in their text form; none: the log's own first key is. */
  readonly keys?: readonly string[];
  /** Records that are younger than this may be beyond the last anchor. Milliseconds. */
  readonly anchorMaxAgeMs?: number;
  /** Where retention has cut the beginning off: the last record of each writer that is gone. */
  readonly startsAfter?: readonly Anchor[];
}

const NOTHING = { segments: [], before: null, isBegunLate: false };
const ANCHOR_MAX_AGE_MS = 600_000;

export function verifyLog(dir: string, options: VerifyOptions = {}): Verdict {
  return new LogProof(dir, options).verdict();
}

class LogProof {
  readonly #options: VerifyOptions;
  readonly #tiles: TileFiles;
  readonly #writers = new Map<string, WriterRun>();
  readonly #sightings: Sightings;
  readonly #tree: TreeProof;
  readonly #findings: Finding[] = [];
  /** When the newest record that an anchor covers was written, and the newest of all. */
  #anchoredAt = '';
  #newestAt = '';
  /** The largest size that a record in the chain says was signed. */
  #signedSize = 0;
  /** Records that erasures say they have erased. */
  #accounted = 0;
  /** By writer: the last record that retention says it has removed. */
  readonly #removed = new Map<string, number>();

  constructor(dir: string, options: VerifyOptions) {
    this.#options = options;
    const { files = diskFiles, anchors = [], startsAfter = [] } = options;
    this.#tiles = new TileFiles(files, join(dir, LOG_FOLDER));
    this.#sightings = sightingsOf(new CheckpointFiles(this.#tiles), options);
    const { sightings } = this.#sightings;
    this.#tree = new TreeProof(this.#tiles, sightings);
    const spans = spanOf(files, dir, options);
    for (const writer of new Set([...spans.keys(), ...anchors.map((anchor) => anchor.writer)])) {
      const span = spans.get(writer) ?? { ...NOTHING, isCutShort: false };
      const start = startsAfter.find((anchor) => anchor.writer === writer);
      const own = anchors.filter((anchor) => anchor.writer === writer);
      this.#writers.set(writer, new WriterRun(files, writer, { ...span, anchors: own, start }));
    }
  }

  verdict(): Verdict {
    const { problem } = this.#sightings;
    if (problem !== null) this.#say(problem.exit, problem.file, problem.text);
    this.#walkTree();
    for (const run of this.#writers.values()) this.#walkRest(run);
    if (this.#isSound) this.#judgeStart();
    if (this.#isSound) this.#judgeTail();
    const worst = this.#findings.toSorted((a, b) => rank(a) - rank(b))[0];
    const writers = [...this.#writers.values()].map((run) => run.verdict());
    const records = writers.reduce((sum, verdict) => sum + verdict.records, 0);
    const tree = this.#sightings.verdict;
    const found = writers.reduce((sum, verdict) => sum + verdict.erased, 0);
    const erased = { records: found, accounted: this.#accounted };
    return worst === undefined
      ? { exit: 0, records, writers, erased, tree }
      : { exit: worst.exit, records, writers, erased, tree, firstBad: worst.bad };
  }

  /** Nothing was found but what a crash leaves. */
  get #isSound(): boolean {
    return this.#findings.every(({ exit }) => exit === 4);
  }

  #walkTree(): void {
    const { size } = this.#sightings;
    const anchoredSize = this.#sightings.verdict?.anchoredSize ?? 0;
    for (const entry of this.#tree.entries(size)) {
      const writer = entry.slice(0, entry.indexOf(' '));
      const run = this.#writers.get(writer) ?? this.#missingWriter(writer);
      const taken = run.take(entry);
      if ('exit' in taken) {
        this.#findings.push(taken);
        return;
      }
      if (taken.fields !== null) this.#note(taken.fields);
      if (this.#tree.size <= anchoredSize) this.#anchoredAt = this.#newestAt;
    }
    const problem = this.#tree.problem ?? this.#tree.edge(size);
    if (problem !== undefined) this.#say(problem.exit, problem.file, problem.problem);
  }

  /** Records that no checkpoint has signed yet; of one writer they are the next of the tree. */
  #walkRest(run: WriterRun): void {
    if (!this.#isSound) return;
    const isOnly = this.#writers.size === 1 && !run.isCutShort;
    const anchoredSize = this.#sightings.verdict?.anchoredSize ?? 0;
    for (const { fields, entry } of run.rest()) {
      this.#note(fields);
      if (!isOnly) continue;
      this.#tree.add(entry);
      if (this.#tree.size <= anchoredSize) this.#anchoredAt = this.#newestAt;
      if (this.#tree.problem !== undefined) break;
    }
    const finding = run.finding();
    if (finding !== undefined) this.#findings.push(finding);
    const { problem } = this.#tree;
    if (problem !== undefined) this.#say(problem.exit, problem.file, problem.problem);
  }

  #note(fields: JsonObject): void {
    const at = fields['at'];
    if (typeof at === 'string' && at > this.#newestAt) this.#newestAt = at;
    const { kind, action, diff } = fields;
    if (!isJsonObject(diff)) return;
    if (kind === 'admin' && action === 'subject.erase' && typeof diff['records'] === 'number')
      this.#accounted += diff['records'];
    if (kind !== 'system') return;
    const { size, writer, throughSeq } = diff;
    if (action === 'checkpoint' && typeof size === 'number')
      this.#signedSize = Math.max(this.#signedSize, size);
    if (action === 'retention' && typeof writer === 'string' && typeof throughSeq === 'number')
      this.#removed.set(writer, Math.max(this.#removed.get(writer) ?? 0, throughSeq));
  }

  /** A beginning that is gone is retention's, or it is a gap. */
  #judgeStart(): void {
    for (const [writer, run] of this.#writers) {
      if (run.goneThrough <= (this.#removed.get(writer) ?? 0)) continue;
      const problem = `records up to ${run.goneThrough} are missing, and no record says that retention removed them`;
      const bad = { writer, seq: 1, segment: '', offset: 0, problem };
      this.#findings.push({ exit: 3, bad });
    }
  }

  #judgeTail(): void {
    const { size, verdict } = this.#sightings;
    const { to, anchorMaxAgeMs = ANCHOR_MAX_AGE_MS } = this.#options;
    const isWhole = to === undefined && this.#writers.size === 1;
    const [beyond] = this.#tree.unmet.filter(({ where }) => where !== CHECKPOINT_SEEN);
    if (beyond !== undefined && isWhole) {
      const problem = `the log ends before record ${beyond.size}, which ${beyond.where} has seen`;
      this.#say(3, 'log/checkpoint', problem);
    } else if ((verdict?.anchoredSize ?? 0) > size) {
      this.#say(2, 'log/checkpoint', 'it is older than an anchor: somebody put an old one back');
    }
    if (this.#signedSize > size && this.#signedSize > this.#sightings.sizeNow()) {
      this.#say(
        2,
        'log/checkpoint',
        `it is older than the log says: ${this.#signedSize} records were signed`,
      );
    }
    if (verdict === null || verdict.anchoredSize === null || this.#findings.length > 0) return;
    const total = [...this.#writers.values()].reduce((sum, run) => sum + run.verdict().lastSeq, 0);
    const tail = Math.max(size, total) - verdict.anchoredSize;
    if (tail <= 0) return;
    const behindMs = Date.parse(this.#newestAt) - Date.parse(this.#anchoredAt);
    const isStale = !(behindMs <= anchorMaxAgeMs);
    const text = `the last ${tail} records are behind the last anchor`;
    this.#say(isStale ? 5 : 4, 'log/checkpoint', isStale ? `${text}, which is too old` : text);
  }

  #missingWriter(writer: string): WriterRun {
    const { files = diskFiles } = this.#options;
    const isCutShort = this.#options.to !== undefined;
    const run = new WriterRun(files, writer, {
      ...NOTHING,
      isCutShort,
      anchors: [],
      start: undefined,
    });
    this.#writers.set(writer, run);
    return run;
  }

  #say(exit: Finding['exit'], segment: string, problem: string): void {
    const seq = this.#tree.size + 1;
    this.#findings.push({ exit, bad: { writer: '', seq, segment, offset: 0, problem } });
  }
}

/** An alteration and a fork before a gap, a gap before what may be a crash. */
const rank = ({ exit }: Finding): number => [2, 6, 3, 5, 4].indexOf(exit);
