/** One writer's chain beside the Merkle log: each record is compared with the entry that stands for it. */
import type { JsonObject } from '#stdx/json.ts';

import type { AuditFiles } from './file-port.ts';
import { entryText, type LogEntry, parseEntry } from './merkle/entry.ts';
import type { SpanOfWriter } from './span.ts';
import {
  type Anchor,
  type Finding,
  type ProvenRecord,
  WriterProof,
  type WriterVerdict,
} from './writer-proof.ts';

export interface WriterRunParts extends SpanOfWriter {
  readonly anchors: readonly Anchor[];
  /** The record before the first one, where the caller says so. */
  readonly start: Anchor | undefined;
}

/** A record that was compared, or an entry whose record is not read. */
export interface Taken {
  readonly fields: JsonObject | null;
}

const UNREAD: Taken = { fields: null };

export class WriterRun {
  readonly #files: AuditFiles;
  readonly #writer: string;
  readonly #parts: WriterRunParts;
  #proof: WriterProof | null = null;
  #records: Iterator<ProvenRecord, Finding | undefined> | null = null;
  #finding: Finding | undefined;
  #isEnded = false;
  /** The last entry whose record is gone, or was not asked for. */
  #passed: LogEntry | null = null;

  constructor(files: AuditFiles, writer: string, parts: WriterRunParts) {
    this.#files = files;
    this.#writer = writer;
    this.#parts = parts;
  }

  get isCutShort(): boolean {
    return this.#parts.isCutShort;
  }

  /** The number before the first record that is there, where nobody asked to leave records out. */
  get goneThrough(): number {
    const { start, isBegunLate, before } = this.#parts;
    return start === undefined && !isBegunLate && this.#passed !== null ? (before?.seq ?? 0) : 0;
  }

  /** The next entry of this writer in the Merkle log. */
  take(text: string): Taken | Finding {
    const { before, start } = this.#parts;
    const isBefore = this.#proof === null && start === undefined && before !== null;
    if (isBefore) {
      const entry = parseEntry(text);
      if (entry !== undefined && entry.seq <= before.seq) {
        this.#passed = entry;
        return UNREAD;
      }
    }
    const record = this.#next();
    if (record === undefined) return this.#missing(parseEntry(text)?.seq ?? 0);
    const { seq, hash } = record;
    // As text: what is equal is right, and needs no parsing.
    if (entryText({ writer: this.#writer, seq, hash }) === text) return record;
    return this.#say(2, seq, 'the Merkle log has another record in its place');
  }

  /** Records that are not in the Merkle log yet. */
  *rest(): Generator<{ readonly fields: JsonObject; readonly entry: string }> {
    for (let record = this.#next(); record !== undefined; record = this.#next()) {
      const { seq, hash, fields } = record;
      yield { fields, entry: entryText({ writer: this.#writer, seq, hash }) };
    }
  }

  /** What is wrong first; known when every record was read. */
  finding(): Finding | undefined {
    return this.#finding;
  }

  verdict(): WriterVerdict {
    return this.#open().verdict();
  }

  #next(): ProvenRecord | undefined {
    if (this.#isEnded) return undefined;
    this.#open();
    const step = this.#records?.next();
    if (step?.done === false) return step.value;
    this.#isEnded = true;
    if (step?.done === true) this.#finding = step.value;
    return undefined;
  }

  #open(): WriterProof {
    if (this.#proof !== null) return this.#proof;
    const { anchors, segments } = this.#parts;
    this.#proof = new WriterProof(this.#files, this.#writer, { anchors, start: this.#start() });
    this.#records = this.#proof.records(segments);
    return this.#proof;
  }

  /** What the Merkle log says of the record before is signed; what the first record says of it is not. */
  #start(): Anchor | undefined {
    const { start, before, isBegunLate } = this.#parts;
    const writer = this.#writer;
    if (start !== undefined || before === null) return start;
    const passed = this.#passed;
    if (passed?.seq === before.seq) return { writer, seq: passed.seq, head: passed.hash };
    return isBegunLate ? { writer, ...before } : undefined;
  }

  #missing(seq: number): Taken | Finding {
    const finding = this.#finding;
    if (finding !== undefined && finding.exit !== 4) return finding;
    if (this.#parts.isCutShort) return UNREAD;
    const problem = `the log ends before record ${seq}, which the Merkle log has`;
    return this.#say(3, seq, problem);
  }

  #say(exit: 2 | 3, seq: number, problem: string): Finding {
    const segment = this.#parts.segments.at(-1)?.fileName ?? '';
    return { exit, bad: { writer: this.#writer, seq, segment, offset: 0, problem } };
  }
}
