/**
 * Forgets a person in the log: every record that names them as user or end user loses its personal part,
 * salts and values, on the disk. Commitments stay, so the log verifies as before; without its salt a
 * commitment says nothing.
 *
 * One pass over all segments, one sync a segment. A crash leaves records that are erased and records
 * that are not yet: running it again erases the rest.
 */
import { type AuditFiles, codeOf, diskFiles } from './file-port.ts';
import { blankPersonal, resolveFrame } from './frame.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import type { AuditRecord } from './record.ts';
import { listSegments, type Segment } from './segment.ts';
import { Fault } from '#domain/fault.ts';

const FRAMES_PER_TURN = 512;

export interface ErasedPerson {
  readonly tenant: string;
  readonly user?: string | undefined;
  readonly endUser?: string | undefined;
}

export interface EraseOptions {
  readonly files?: AuditFiles;
  /** Told after each segment: records that were erased so far. */
  readonly onProgress?: (records: number) => void;
}

/** How many records were erased. Rejects with a `Fault` where a segment cannot be changed. */
export async function erasePerson(
  dir: string,
  person: ErasedPerson,
  { files = diskFiles, onProgress = () => {} }: EraseOptions = {},
): Promise<number> {
  let erased = 0;
  /** By writer. A segment that replaces a broken one begins with copies: erased too, and counted once. */
  const lastSeqs = new Map<string, number>();
  for (const segment of listSegments(files, dir)) {
    for (const seq of await eraseInSegment(files, segment, person)) {
      if (seq <= (lastSeqs.get(segment.writer) ?? 0)) continue;
      lastSeqs.set(segment.writer, seq);
      erased += 1;
    }
    onProgress(erased);
  }
  return erased;
}

interface Found {
  readonly seq: number;
  readonly offset: number;
}

async function eraseInSegment(
  files: AuditFiles,
  segment: Segment,
  person: ErasedPerson,
): Promise<readonly number[]> {
  const found = await framesAbout(files, segment, person);
  if (found.length === 0) return [];
  try {
    const file = files.open(segment.path, 'edit');
    try {
      for (const { offset } of found) blankPersonal(files, file, offset);
      await files.datasync(file);
    } finally {
      files.close(file);
    }
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault('audit-failed', `${segment.fileName} was not changed: ${codeOf(thrown)}`);
  }
  return found.map(({ seq }) => seq);
}

async function framesAbout(
  files: AuditFiles,
  segment: Segment,
  person: ErasedPerson,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const reader = new FrameReader(files, segment.path);
  const names = [person.user, person.endUser].filter((name) => name !== undefined);
  const needles = names.map((name) => JSON.stringify(name));
  try {
    let count = 0;
    for (let frame = nextFrame(reader); frame !== undefined; frame = nextFrame(reader)) {
      count += 1;
      if (count % FRAMES_PER_TURN === 0) await new Promise((next) => setImmediate(next));
      const seq = seqWhereAbout(frame, needles, person);
      if (seq !== null) found.push({ seq, offset: frame.offset });
    }
    return found;
  } finally {
    reader.close();
  }
}

/** Behind damage there may be more: a person is forgotten in what is left of a log too. */
function nextFrame(reader: FrameReader): Frame | undefined {
  for (;;) {
    const frame = reader.next();
    if (frame !== undefined) return frame;
    if (reader.tail() !== 'damaged' || !reader.skipDamage()) return undefined;
  }
}

/** The number of a record that is about the person. Most are about others: they are not parsed. */
function seqWhereAbout(
  { personal, chained }: Frame,
  needles: readonly string[],
  person: ErasedPerson,
): number | null {
  if (personal === null || !needles.some((needle) => personal.includes(needle))) return null;
  const record = resolveFrame(chained, personal)?.record;
  return record !== undefined && isAbout(record, person) ? record.seq : null;
}

const isAbout = ({ tenant, user, endUser }: AuditRecord, person: ErasedPerson): boolean =>
  tenant === person.tenant &&
  (person.user === undefined || user === person.user) &&
  (person.endUser === undefined || endUser === person.endUser);
