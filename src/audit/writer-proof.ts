/** The proof of one writer's chain. Stops at the first bad record: what follows it proves nothing. */
import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import type { AuditFiles } from './file-port.ts';
import { chainHash, personalOpens } from './frame.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import { NO_PREVIOUS } from './record.ts';
import type { Segment } from './segment.ts';
import { UNSYNCED_RECORDS_MAX } from './unsynced.ts';

/** A replaced segment repeats at most the unsynced records, plus one batch. A power of two. */
const RING = UNSYNCED_RECORDS_MAX * 2;

export interface FirstBad {
  readonly writer: string;
  readonly seq: number;
  readonly segment: string;
  readonly offset: number;
  readonly problem: string;
}

export interface WriterVerdict {
  readonly writer: string;
  readonly records: number;
  readonly lastSeq: number;
  readonly head: string;
  /** Whether the last record is the one that `close` writes. */
  readonly isClosed: boolean;
  /** Records whose personal values were erased. */
  readonly erased: number;
}

/** A head that was seen: record `seq` of `writer` had this hash. */
export interface Anchor {
  readonly writer: string;
  readonly seq: number;
  readonly head: string;
}

export interface Finding {
  readonly exit: 2 | 3 | 4 | 5 | 6;
  readonly bad: FirstBad;
}

export interface ProvenRecord {
  readonly seq: number;
  /** SHA-256 (hex) of the chained bytes. */
  readonly hash: string;
  /** Personal values that are still there stand in the place of their commitments. */
  readonly fields: JsonObject;
}

interface Place {
  readonly segment: Segment;
  readonly offset: number;
}

export class WriterProof {
  readonly #files: AuditFiles;
  readonly #writer: string;
  readonly #anchors: ReadonlyMap<number, Anchor>;
  readonly #lastAnchor: Anchor | undefined;
  readonly #ring: string[] = [];
  #seq: number;
  #head: string;
  #records = 0;
  #isClosed = false;
  #erased = 0;
  /** The seq of the copy that is being compared at the beginning of a replaced segment. */
  #copySeq: number | null = null;
  #torn: Finding | undefined;

  constructor(
    files: AuditFiles,
    writer: string,
    { anchors, start }: { anchors: readonly Anchor[]; start: Anchor | undefined },
  ) {
    this.#files = files;
    this.#writer = writer;
    this.#anchors = new Map(anchors.map((anchor) => [anchor.seq, anchor]));
    this.#lastAnchor = [...anchors].sort((a, b) => a.seq - b.seq).at(-1);
    this.#seq = start?.seq ?? 0;
    this.#head = start?.head ?? NO_PREVIOUS;
  }

  /** Yields each record that follows the one before; returns what is wrong first, if anything is. */
  *records(segments: readonly Segment[]): Generator<ProvenRecord, Finding | undefined> {
    for (const segment of segments) {
      const finding = yield* this.#segment(segment);
      if (finding !== undefined) return finding;
    }
    const anchor = this.#lastAnchor;
    if (anchor !== undefined && anchor.seq > this.#seq) {
      const problem = `the log ends before record ${anchor.seq}, which an anchor has seen`;
      const fileName = segments.at(-1)?.fileName ?? '';
      const bad = {
        writer: this.#writer,
        seq: this.#seq + 1,
        segment: fileName,
        offset: 0,
        problem,
      };
      return { exit: 3, bad };
    }
    return this.#torn;
  }

  verdict(): WriterVerdict {
    return {
      writer: this.#writer,
      records: this.#records,
      lastSeq: this.#seq,
      head: this.#head,
      isClosed: this.#isClosed,
      erased: this.#erased,
    };
  }

  *#segment(segment: Segment): Generator<ProvenRecord, Finding | undefined> {
    const reader = new FrameReader(this.#files, segment.path);
    this.#copySeq = null;
    let isFirst = true;
    try {
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        const proven = this.#frame(frame, segment, isFirst);
        if (proven !== undefined && 'exit' in proven) return proven;
        if (proven !== undefined) yield proven;
        isFirst = false;
      }
      return this.#end(reader, segment);
    } finally {
      reader.close();
    }
  }

  /** Bytes behind the last whole frame are no record: if records went missing, the chain tells. */
  #end(reader: FrameReader, segment: Segment): Finding | undefined {
    const place = { segment, offset: reader.offset };
    const tail = reader.tail();
    if (tail === 'damaged') return this.#bad(2, 'the frame is not what was written', place);
    if (tail === 'torn') this.#torn ??= this.#bad(4, 'the tail is torn', place);
    else if (this.#copySeq !== null) this.#torn ??= this.#bad(4, 'a copy was not finished', place);
    return undefined;
  }

  /** Undefined: a copy of a record that was read before. */
  #frame(frame: Frame, segment: Segment, isFirst: boolean): ProvenRecord | Finding | undefined {
    const place = { segment, offset: frame.offset };
    // Names, numbers and commitments are ASCII; the one-byte decoder is the fast one.
    const fields = parseJson(frame.chained.toString('latin1'));
    if (!isJsonObject(fields)) return this.#bad(2, 'the record is not a record', place);
    const seq = fields['seq'];
    if (typeof seq !== 'number') return this.#bad(2, 'the record has no number', place);
    if (fields['writer'] !== this.#writer || fields['epoch'] !== segment.epoch) {
      return this.#bad(2, 'the record belongs to another segment', place);
    }
    const hash = chainHash(frame.chained);
    if (seq <= this.#seq) return this.#copy({ seq, hash, isFirst }, place);
    if (this.#copySeq !== null && this.#copySeq !== this.#seq) {
      return this.#bad(2, 'copies of records are missing', place);
    }
    this.#copySeq = null;
    if (seq > this.#seq + 1) return this.#bad(3, `records before ${seq} are missing`, place);
    if (fields['prev'] !== this.#head)
      return this.#bad(2, 'the record does not follow the one before', place);
    return this.#accept(fields, { frame, hash, seq }, place);
  }

  #accept(
    fields: JsonObject,
    { frame, hash, seq }: { frame: Frame; hash: string; seq: number },
    place: Place,
  ): ProvenRecord | Finding {
    if (!personalOpens(fields, frame.personal)) {
      return this.#bad(2, 'a personal value is not the one that was recorded', place);
    }
    const anchor = this.#anchors.get(seq);
    if (anchor !== undefined && anchor.head !== hash) {
      return this.#bad(2, 'an anchor has seen another record', place);
    }
    this.#seq = seq;
    this.#head = hash;
    this.#records += 1;
    if (frame.personal === null) this.#erased += 1;
    this.#ring[seq & (RING - 1)] = hash;
    this.#isClosed = fields['kind'] === 'system' && fields['action'] === 'close';
    return { seq, hash, fields };
  }

  /**
   * A segment that replaces a poisoned one begins with copies of the records that were not known to
   * be on the disk: in order, equal, up to the last one. Anything else is a duplicate.
   */
  #copy(
    { seq, hash, isFirst }: { seq: number; hash: string; isFirst: boolean },
    place: Place,
  ): Finding | undefined {
    const isNext = isFirst ? seq > this.#seq - RING : seq - 1 === this.#copySeq;
    if (!isNext || this.#ring[seq & (RING - 1)] !== hash) {
      return this.#bad(2, `record ${seq} is there twice`, place);
    }
    this.#copySeq = seq;
    return undefined;
  }

  #bad(exit: 2 | 3 | 4, problem: string, { segment, offset }: Place): Finding {
    assert(offset >= 0, 'a place is in the file');
    const { fileName } = segment;
    return {
      exit,
      bad: { writer: this.#writer, seq: this.#seq + 1, segment: fileName, offset, problem },
    };
  }
}
