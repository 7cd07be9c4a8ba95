/**
 * Where a sink stands, kept over restarts: `audit/sinks/<name>.cursor.json`. It is replaced whole
 * (written beside, synced, renamed, folder synced), so a crash leaves the old one or the new one. It
 * is written after the receiver has acknowledged: a lost cursor means copies, never a loss.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { isJsonObject, parseJson } from '#stdx/json.ts';

import { codeOf } from '../file-port.ts';
import { isWriterName } from '../segment.ts';
import type { Positions } from './positions.ts';

const FOLDER = 'sinks';
const SUFFIX = '.cursor.json';

export interface Cursor {
  readonly positions: Positions;
  /** Size of the tree whose checkpoint an archive has; 0 for all others. */
  readonly treeSize: number;
}

/** `unreadable`: it is there and is none of ours. */
export type CursorRead = Cursor | 'none' | 'unreadable';

export const cursorPath = (auditDir: string, sink: string): string =>
  join(auditDir, FOLDER, `${sink}${SUFFIX}`);

/** The names of the sinks that have a cursor among files of a folder. */
export const sinkNameOf = (fileName: string): string | undefined =>
  fileName.endsWith(SUFFIX) ? fileName.slice(0, -SUFFIX.length) : undefined;

export const cursorFolder = (auditDir: string): string => join(auditDir, FOLDER);

export async function readCursor(path: string): Promise<CursorRead> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    return codeOf(thrown) === 'ENOENT' ? 'none' : 'unreadable';
  }
  const value = parseJson(text);
  if (!isJsonObject(value) || value['v'] !== 1 || !isJsonObject(value['writers'])) {
    return 'unreadable';
  }
  const positions = new Map<string, number>();
  for (const [writer, seq] of Object.entries(value['writers'])) {
    if (!isWriterName(writer) || typeof seq !== 'number' || !Number.isSafeInteger(seq)) {
      return 'unreadable';
    }
    positions.set(writer, seq);
  }
  const { treeSize } = value;
  return { positions, treeSize: typeof treeSize === 'number' ? treeSize : 0 };
}

/** Rejects with what the file system said; the cursor that was there is there still. */
export async function writeCursor(
  path: string,
  { positions, treeSize }: Cursor,
  nowMs: number,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const writers = Object.fromEntries(positions);
  const text = JSON.stringify({ v: 1, at: new Date(nowMs).toISOString(), writers, treeSize });
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const names = await open(folder, 'r');
  try {
    await names.sync();
  } finally {
    await names.close();
  }
}
