/**
 * What a writer does before it writes again: finds the end of its chain, cuts the torn tail off and
 * finds the calls that a crash interrupted.
 *
 * Only bytes that no whole frame follows are cut. Damage with whole frames behind it is evidence: it
 * stays, and `verify` will say so for ever. Memory: `CALLS_MAX` calls and `ADMIN_IDS_MAX` ids.
 */
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { type AuditFiles } from './file-port.ts';
import { chainHash, resolveFrame } from './frame.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import { CALLS_MAX } from './open-calls.ts';
import { type AuditDraft, type AuditRecord, HOLD_RAISED, NO_PREVIOUS } from './record.ts';
import { listSegments, type Segment } from './segment.ts';

export const ADMIN_IDS_MAX = 4_096;
/** Ids of administrative records are looked for at least this far back, across restarts. */
const LOOK_BACK_SEGMENTS = 8;
const LOOK_BACK_BYTES = 8 * 1_024 * 1_024;

/** A call that was admitted and has no end. Its reservation is settled by the ledger. */
export interface InterruptedCall {
  readonly requestId: string;
  readonly admit: AuditRecord;
  readonly segment: string;
}

export interface Recovered {
  readonly epoch: number;
  readonly lastSeq: number;
  readonly head: string;
  readonly cutBytes: number;
  readonly damagedBytes: number;
  /** True when the writer closed its log, or never had one. */
  readonly isClean: boolean;
  readonly interrupted: readonly InterruptedCall[];
  readonly recentAdminIds: readonly string[];
}

export async function recover(files: AuditFiles, dir: string, writer: string): Promise<Recovered> {
  const segments = listSegments(files, dir).filter((segment) => segment.writer === writer);
  const scan = new Scan(files);
  for (const segment of segments.slice(startOf(files, segments))) await scan.read(segment);
  return scan.result(segments.at(-1)?.epoch ?? 0);
}

/** The first segment to read, as an index: the oldest open call, and the look back for ids. */
function startOf(files: AuditFiles, segments: readonly Segment[]): number {
  let start = segments.length - 1;
  while (start > 0 && openFrom(files, segments[start]) === undefined) start -= 1;
  const named = openFrom(files, segments[start]);
  const namedAt = segments.findIndex(({ fileName }) => fileName === named);
  if (namedAt !== -1) start = Math.min(start, namedAt);
  let bytes = 0;
  for (
    let at = segments.length - 1;
    at >= 0 && segments.length - at <= LOOK_BACK_SEGMENTS;
    at -= 1
  ) {
    bytes += sizeOf(files, segments[at]);
    if (bytes > LOOK_BACK_BYTES) break;
    start = Math.min(start, at);
  }
  return Math.max(0, start);
}

/** The first record of a segment names the oldest segment with an open call, in most segments. */
function openFrom(files: AuditFiles, segment: Segment | undefined): string | undefined {
  if (segment === undefined) return undefined;
  const reader = new FrameReader(files, segment.path);
  try {
    const frame = reader.next();
    const diff = frame === undefined ? undefined : fieldsOf(frame)?.['diff'];
    const from = isJsonObject(diff) ? diff['openFrom'] : undefined;
    return typeof from === 'string' ? from : undefined;
  } finally {
    reader.close();
  }
}

function sizeOf(files: AuditFiles, segment: Segment | undefined): number {
  if (segment === undefined) return 0;
  const file = files.open(segment.path, 'read');
  try {
    return files.size(file);
  } finally {
    files.close(file);
  }
}

function fieldsOf(frame: Frame): JsonObject | undefined {
  const fields = parseJson(frame.chained.toString('utf8'));
  return isJsonObject(fields) ? fields : undefined;
}

class Scan {
  readonly #files: AuditFiles;
  readonly #calls = new Map<string, InterruptedCall>();
  #adminIds: string[] = [];
  #lastSeq = 0;
  #head = NO_PREVIOUS;
  #lastAction: unknown = 'close';
  #cutBytes = 0;
  #damagedBytes = 0;
  #endsEmpty = false;

  constructor(files: AuditFiles) {
    this.#files = files;
  }

  async read(segment: Segment): Promise<void> {
    const reader = new FrameReader(this.#files, segment.path);
    this.#endsEmpty = reader.size() === 0;
    try {
      this.#frames(reader, segment);
      while (reader.tail() === 'damaged') {
        const brokenAt = reader.offset;
        const hasMore = reader.skipDamage();
        this.#damagedBytes += (hasMore ? reader.offset : reader.size()) - brokenAt;
        if (!hasMore) return;
        this.#frames(reader, segment);
      }
      if (reader.tail() === 'torn') await this.#cut(segment, reader);
    } finally {
      reader.close();
    }
  }

  result(epoch: number): Recovered {
    return {
      epoch,
      lastSeq: this.#lastSeq,
      head: this.#head,
      cutBytes: this.#cutBytes,
      damagedBytes: this.#damagedBytes,
      isClean: this.#isClean(),
      interrupted: [...this.#calls.values()],
      recentAdminIds: this.#adminIds.slice(-ADMIN_IDS_MAX),
    };
  }

  /** A segment is closed when the next begins as well: a kill between the two leaves that one empty. */
  #isClean(): boolean {
    const isWhole = this.#cutBytes + this.#damagedBytes === 0;
    return isWhole && this.#lastAction === 'close' && !this.#endsEmpty;
  }

  #frames(reader: FrameReader, segment: Segment): void {
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      const fields = fieldsOf(frame);
      const seq = fields?.['seq'];
      // A segment that replaces a poisoned one begins with copies of its last records.
      if (fields === undefined || typeof seq !== 'number' || seq <= this.#lastSeq) continue;
      this.#lastSeq = seq;
      this.#head = chainHash(frame.chained);
      this.#lastAction = fields['kind'] === 'system' ? fields['action'] : undefined;
      this.#note(fields, frame, segment);
    }
  }

  #note(fields: JsonObject, frame: Frame, segment: Segment): void {
    const { kind, requestId } = fields as { kind?: unknown; requestId?: unknown };
    if (typeof requestId !== 'string') return;
    if (kind === 'complete' || kind === 'deny') this.#calls.delete(requestId);
    if (kind === 'admin') {
      this.#adminIds.push(requestId);
      if (this.#adminIds.length > ADMIN_IDS_MAX * 2)
        this.#adminIds = this.#adminIds.slice(-ADMIN_IDS_MAX);
    }
    if (kind === 'system' && fields['action'] === HOLD_RAISED) this.#raised(requestId, frame);
    if (kind !== 'admit' || this.#calls.size >= CALLS_MAX) return;
    const admit = resolveFrame(frame.chained, frame.personal)?.record;
    if (admit !== undefined)
      this.#calls.set(requestId, { requestId, admit, segment: segment.fileName });
  }

  /** The call holds more than its `admit` says: that is what it is charged if it has no end. */
  #raised(requestId: string, frame: Frame): void {
    const call = this.#calls.get(requestId);
    const reservation = resolveFrame(frame.chained, frame.personal)?.record.reservation;
    if (call === undefined || reservation === undefined) return;
    this.#calls.set(requestId, { ...call, admit: { ...call.admit, reservation } });
  }

  async #cut(segment: Segment, reader: FrameReader): Promise<void> {
    this.#cutBytes += reader.size() - reader.offset;
    const file = this.#files.open(segment.path, 'edit');
    try {
      this.#files.truncate(file, reader.offset);
      await this.#files.datasync(file);
    } finally {
      this.#files.close(file);
    }
  }
}

/** The first records of a new epoch: what was found, and an end for every call that had none. */
export function recoveryDrafts(recovered: Recovered): AuditDraft[] {
  const drafts: AuditDraft[] = [];
  const { cutBytes, damagedBytes, lastSeq, isClean } = recovered;
  if (!isClean) {
    drafts.push({ kind: 'system', action: 'recovered', diff: { cutBytes, damagedBytes, lastSeq } });
  }
  for (const { requestId, admit } of recovered.interrupted) {
    const { tenant, team, serviceAccount, user, endUser, key, run, ...more } = admit;
    const { route, dialect, model, reservation } = more;
    const who = { tenant, team, serviceAccount, user, endUser, key, run };
    const what = { route, dialect, model, reservation };
    drafts.push({ kind: 'complete', requestId, decision: 'crash_unknown', ...who, ...what });
  }
  return drafts;
}
