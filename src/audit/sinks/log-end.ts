/** The last record of every writer in a log folder, for sinks that begin at its end. */
import { type AuditFiles, diskFiles } from '../file-port.ts';
import { resolveFrame } from '../frame.ts';
import { FrameReader } from '../frame-reader.ts';
import { listSegments } from '../segment.ts';
import type { Positions } from './positions.ts';

/** Reads one segment a writer: frames by their lengths and checksums, and only the last as a record. */
export function logEnd(dir: string, files: AuditFiles = diskFiles): Positions {
  const ends = new Map<string, number>();
  for (const { writer, path } of listSegments(files, dir).toReversed()) {
    if (ends.has(writer)) continue;
    const seq = lastSeqOf(files, path);
    if (seq !== undefined) ends.set(writer, seq);
  }
  return ends;
}

function lastSeqOf(files: AuditFiles, path: string): number | undefined {
  let reader: FrameReader;
  try {
    reader = new FrameReader(files, path);
  } catch {
    // Retention took it after it was listed.
    return undefined;
  }
  try {
    let seq: number | undefined;
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (reader.offset < reader.size() && seq !== undefined) continue;
      seq = resolveFrame(frame.chained, frame.personal)?.record.seq ?? seq;
    }
    return seq;
  } finally {
    reader.close();
  }
}
