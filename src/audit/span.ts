/** Which segments of each writer a verification reads, where it was asked for a span of time. */
import type { AuditFiles } from './file-port.ts';
import { resolveFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { listSegments, type Segment } from './segment.ts';

export interface Span {
  /** Unix milliseconds. Whole segments are left out: those that end before, and those that begin after. */
  readonly from?: number;
  readonly to?: number;
}

export interface SpanOfWriter {
  readonly segments: readonly Segment[];
  /** The record before the first one that is read, as that one names it; null: it is the first of all. */
  readonly before: { readonly seq: number; readonly head: string } | null;
  /** Whether segments before, or behind, were left out on purpose. */
  readonly isBegunLate: boolean;
  readonly isCutShort: boolean;
}

interface First {
  readonly seq: number;
  readonly prev: string;
  readonly atMs: number;
}

export function spanOf(
  files: AuditFiles,
  dir: string,
  { from, to }: Span,
): Map<string, SpanOfWriter> {
  const spans = new Map<string, SpanOfWriter>();
  const byWriter = Map.groupBy(listSegments(files, dir), ({ writer }) => writer);
  for (const [writer, segments] of byWriter) {
    const firsts = segments.map((segment, at) =>
      at === 0 || from !== undefined || to !== undefined ? firstOf(files, segment) : undefined,
    );
    const start = from === undefined ? 0 : Math.max(0, firsts.findLastIndex(isBefore(from)));
    const behind =
      to === undefined ? -1 : firsts.findIndex((first) => first !== undefined && first.atMs >= to);
    const end = behind === -1 ? segments.length : Math.max(behind, start);
    const first = firsts[start];
    spans.set(writer, {
      segments: segments.slice(start, end),
      before:
        first === undefined || first.seq <= 1 ? null : { seq: first.seq - 1, head: first.prev },
      isBegunLate: start > 0,
      isCutShort: end < segments.length,
    });
  }
  return spans;
}

const isBefore =
  (from: number) =>
  (first: First | undefined): boolean =>
    first !== undefined && first.atMs <= from;

function firstOf(files: AuditFiles, segment: Segment): First | undefined {
  const reader = new FrameReader(files, segment.path);
  try {
    const frame = reader.next();
    const record = frame && resolveFrame(frame.chained, frame.personal)?.record;
    return record && { seq: record.seq, prev: record.prev, atMs: Date.parse(record.at) };
  } finally {
    reader.close();
  }
}
