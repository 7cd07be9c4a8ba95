/**
 * Files of the log: `seg-<writer>-<epoch>-<n>.log`. A writer's segments in order of epoch and n hold
 * its records in order of seq. One more `epoch` for each start of a writer, one more `n` for each
 * file of an epoch.
 */
import { join } from 'node:path';

import { assert } from '#stdx/assert.ts';

import type { AuditFiles } from './file-port.ts';

export interface SegmentName {
  readonly writer: string;
  readonly epoch: number;
  readonly n: number;
}

const WRITER = /^[a-z0-9][a-z0-9-]{0,31}$/u;
const FILE = /^seg-(?<writer>[a-z0-9][a-z0-9-]{0,31})-(?<epoch>\d{6,9})-(?<n>\d{6,9})\.log$/u;

export const isWriterName = (text: string): boolean => WRITER.test(text);

export function segmentFileName({ writer, epoch, n }: SegmentName): string {
  assert(isWriterName(writer), 'a writer name is lower case letters, digits and hyphens');
  return `seg-${writer}-${String(epoch).padStart(6, '0')}-${String(n).padStart(6, '0')}.log`;
}

export function parseSegmentName(fileName: string): SegmentName | undefined {
  const groups = FILE.exec(fileName)?.groups;
  const { writer, epoch, n } = groups ?? {};
  if (writer === undefined || epoch === undefined || n === undefined) return undefined;
  return { writer, epoch: Number(epoch), n: Number(n) };
}

export interface Segment extends SegmentName {
  readonly fileName: string;
  readonly path: string;
}

/** Every segment of a folder, by writer, then epoch, then n. */
export function listSegments(files: AuditFiles, dir: string): Segment[] {
  const segments: Segment[] = [];
  for (const fileName of files.list(dir)) {
    const name = parseSegmentName(fileName);
    if (name !== undefined) segments.push({ ...name, fileName, path: join(dir, fileName) });
  }
  return segments.sort((a, b) => compareText(a.writer, b.writer) || a.epoch - b.epoch || a.n - b.n);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
