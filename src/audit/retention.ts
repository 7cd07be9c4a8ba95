/**
 * Which segments may go: those whose every record is older than the time that records are kept for, and
 * is below the watermark, which is what was shipped, signed, anchored and counted. Whole segments, the
 * oldest first, never the last one: what is left is always one piece.
 */
import { type AuditFiles, diskFiles } from './file-port.ts';
import { resolveFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { listSegments, type Segment } from './segment.ts';

export interface Removal {
  readonly writer: string;
  /** The last record that goes. */
  readonly throughSeq: number;
  readonly segments: readonly Segment[];
}

export interface RemovalRules {
  /** Unix milliseconds: what was written later stays. */
  readonly beforeMs: number;
  /** By writer, the last record that may go. */
  readonly watermark: ReadonlyMap<string, number>;
  readonly files?: AuditFiles;
}

export function plannedRemovals(
  dir: string,
  { beforeMs, watermark, files = diskFiles }: RemovalRules,
): Removal[] {
  const removals: Removal[] = [];
  const byWriter = Map.groupBy(listSegments(files, dir), ({ writer }) => writer);
  for (const [writer, segments] of byWriter) {
    const mayGo = watermark.get(writer) ?? 0;
    const going: Segment[] = [];
    let throughSeq = 0;
    for (const [index, segment] of segments.entries()) {
      // The next segment says where this one ends, in number and in time.
      const next = segments[index + 1];
      const first = next && firstRecord(files, next);
      if (first === undefined || first.atMs > beforeMs || first.seq - 1 > mayGo) break;
      going.push(segment);
      throughSeq = first.seq - 1;
    }
    if (going.length > 0) removals.push({ writer, throughSeq, segments: going });
  }
  return removals;
}

/** Deletes what was planned, and recorded. Throws a file system error. */
export async function remove(
  dir: string,
  { segments }: Removal,
  files: AuditFiles = diskFiles,
): Promise<void> {
  for (const { path } of segments) files.unlink(path);
  await files.syncFolder(dir);
}

function firstRecord(
  files: AuditFiles,
  { path }: Segment,
): { readonly seq: number; readonly atMs: number } | undefined {
  const reader = new FrameReader(files, path);
  try {
    const frame = reader.next();
    const record = frame && resolveFrame(frame.chained, frame.personal)?.record;
    return record && { seq: record.seq, atMs: Date.parse(record.at) };
  } finally {
    reader.close();
  }
}
