/**
 * Proves a log, from its files alone: nothing missing, nothing changed, nothing added.
 *
 * For each writer: numbers without gaps, each record linked to the hash of the one before, both
 * checksums, and every personal value that is still there opens its commitment. Streams through one
 * window (1 MiB a segment) and a ring of hashes. A chain cannot see that its own end was cut off:
 * `anchors`, heads that were kept elsewhere, can.
 */
import { diskFiles, type AuditFiles } from './file-port.ts';
import { listSegments, type Segment } from './segment.ts';
import { type Anchor, type FirstBad, WriterProof, type WriterVerdict } from './writer-proof.ts';

export type { Anchor, FirstBad, WriterVerdict } from './writer-proof.ts';

export interface Verdict {
  /** 0 intact, 2 altered, 3 gap, 4 intact with a torn tail. */
  readonly exit: 0 | 2 | 3 | 4;
  readonly records: number;
  readonly writers: readonly WriterVerdict[];
  readonly firstBad?: FirstBad;
}

export interface VerifyOptions {
  readonly files?: AuditFiles;
  readonly anchors?: readonly Anchor[];
  /** Where retention has cut the beginning off: the last record of each writer that is gone. */
  readonly startsAfter?: readonly Anchor[];
}

export function verifyLog(dir: string, options: VerifyOptions = {}): Verdict {
  const { files = diskFiles, anchors = [], startsAfter = [] } = options;
  const byWriter = Map.groupBy(listSegments(files, dir), ({ writer }) => writer);
  const writers: WriterVerdict[] = [];
  let worst: { exit: 2 | 3 | 4; bad: FirstBad } | undefined;
  for (const writer of new Set([...byWriter.keys(), ...anchors.map((anchor) => anchor.writer)])) {
    const segments: Segment[] = byWriter.get(writer) ?? [];
    const proof = new WriterProof(files, writer, {
      anchors: anchors.filter((anchor) => anchor.writer === writer),
      start: startsAfter.find((anchor) => anchor.writer === writer),
    });
    const finding = proof.run(segments);
    writers.push(proof.verdict());
    if (finding !== undefined && (worst === undefined || finding.exit < worst.exit))
      worst = finding;
  }
  const records = writers.reduce((sum, verdict) => sum + verdict.records, 0);
  return worst === undefined
    ? { exit: 0, records, writers }
    : { exit: worst.exit, records, writers, firstBad: worst.bad };
}
