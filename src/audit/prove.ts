/** Finds records in a log and proves that they are in its Merkle tree, from files alone. */
import { join } from 'node:path';

import { Fault } from '#domain/fault.ts';

import { type AuditFiles, diskFiles } from './file-port.ts';
import { chainHash, resolveFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { CheckpointFiles, LOG_FOLDER } from './merkle/checkpoint-files.ts';
import { parseCheckpoint } from './merkle/checkpoint.ts';
import { parseEntry } from './merkle/entry.ts';
import type { RecordProof } from './merkle/record-proof.ts';
import { parseNote } from './merkle/signed-note.ts';
import { fullTiles, partialWidth, TILE_WIDTH } from './merkle/tile.ts';
import { TileFiles } from './merkle/tile-files.ts';
import { TreeReader } from './merkle/tree-reader.ts';
import { firstAfter, readRecords, type StoredRecord } from './read.ts';
import { listSegments, type Segment } from './segment.ts';

/** Records that a name can mean: a call has two, and administration may repeat an id. */
export const FOUND_MAX = 16;

/** `<writer>:<seq>`, or a request id. Reads the log from its beginning. */
export async function findRecords(
  dir: string,
  name: string,
  files: AuditFiles = diskFiles,
): Promise<readonly StoredRecord[]> {
  const { writer, seq } = /^(?<writer>[a-z0-9-]+):(?<seq>\d+)$/u.exec(name)?.groups ?? {};
  if (writer !== undefined) {
    const stored = recordAt(dir, { writer, seq: Number(seq) }, files);
    return stored === null ? [] : [stored];
  }
  const found: StoredRecord[] = [];
  for await (const stored of readRecords(dir, { files })) {
    if (stored.record.requestId === name) found.push(stored);
    if (found.length === FOUND_MAX) return found;
  }
  return found;
}

/** The record of a number: reads the one segment that has it. Null: there is none, or it is damaged. */
export function recordAt(
  dir: string,
  { writer, seq }: { readonly writer: string; readonly seq: number },
  files: AuditFiles = diskFiles,
): StoredRecord | null {
  const segments = listSegments(files, dir).filter((segment) => segment.writer === writer);
  const segment = segments[firstAfter(files, segments, seq - 1)];
  const next = segments[firstAfter(files, segments, seq)];
  const places = new Set([segment, next].filter((one) => one !== undefined));
  for (const place of places) {
    const stored = recordIn(files, place, seq);
    if (stored !== null) return stored;
  }
  return null;
}

function recordIn(
  files: AuditFiles,
  { path, fileName }: Segment,
  seq: number,
): StoredRecord | null {
  const reader = new FrameReader(files, path);
  try {
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      // Numbers are found without parsing what stands around them.
      if (!frame.chained.includes(`"seq":${seq},`)) continue;
      const { chained, personal, offset, bytes } = frame;
      const resolved = resolveFrame(chained, personal);
      if (resolved?.record.seq === seq)
        return { ...resolved, segment: fileName, path, offset, bytes };
    }
    return null;
  } finally {
    reader.close();
  }
}

/** Throws `Fault('audit-failed')` where no checkpoint has signed the record yet. */
export function proveRecord(
  dir: string,
  stored: StoredRecord,
  files: AuditFiles = diskFiles,
): RecordProof {
  const tiles = new TileFiles(files, join(dir, LOG_FOLDER));
  const note = new CheckpointFiles(tiles).note();
  const parsed = note === undefined ? undefined : parseNote(note);
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (note === undefined || checkpoint === undefined)
    throw new Fault('audit-failed', 'nothing of this log was signed yet');
  const chained = chainedBytes(files, stored);
  const index = indexOf(tiles, checkpoint.size, stored.record, chainHash(chained));
  const path = new TreeReader(tiles, checkpoint.size).inclusion(index);
  return { index, path, note, chained: chained.toString('utf8') };
}

function chainedBytes(files: AuditFiles, { path, offset }: StoredRecord): Buffer {
  const reader = new FrameReader(files, path, offset);
  try {
    const frame = reader.next();
    if (frame === undefined) throw new Fault('audit-failed', 'the record is damaged');
    return Buffer.from(frame.chained);
  } finally {
    reader.close();
  }
}

/** With one writer an index is its number; with several it is looked for from there on. */
function indexOf(
  tiles: TileFiles,
  size: number,
  { writer, seq }: { readonly writer: string; readonly seq: number },
  hash: string,
): number {
  const last = fullTiles(0, size);
  for (let bundle = Math.floor((seq - 1) / TILE_WIDTH); bundle <= last; bundle += 1) {
    const width = bundle === last ? partialWidth(0, size) : TILE_WIDTH;
    const entries = width === 0 ? [] : tiles.entries(bundle, width);
    const at = entries.findIndex((text) => {
      const entry = parseEntry(text);
      return entry?.writer === writer && entry.seq === seq;
    });
    if (at === -1) continue;
    if (parseEntry(entries[at] ?? '')?.hash === hash) return bundle * TILE_WIDTH + at;
    throw new Fault(
      'audit-failed',
      'the Merkle log has another record: run `llmproxy audit verify`',
    );
  }
  throw new Fault('audit-failed', 'no checkpoint has signed the record yet: try again in a minute');
}
