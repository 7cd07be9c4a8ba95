/**
 * Ends what is kept, when its time is over: texts, and whole segments of the log. A segment goes only
 * when it was signed, anchored, sent to every receiver that must have it, counted and indexed; while
 * a hold is in force no segment goes, because one segment is about everybody. What went is recorded
 * before it goes, and its hashes stay in the Merkle log.
 */
import { join } from 'node:path';

import { diskFiles } from '#audit/file-port.ts';
import { CheckpointFiles, LOG_FOLDER } from '#audit/merkle/checkpoint-files.ts';
import { TileFiles } from '#audit/merkle/tile-files.ts';
import { firstSeqs, plannedRemovals, remove } from '#audit/retention.ts';
import { listSegments } from '#audit/segment.ts';
import type { AuditLog } from '#audit/writer.ts';
import type { AuditSection } from '#config/audit-section.ts';
import { faultCodeOf } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import type { AuditIndex } from '#storage/audit-index.ts';
import type { Contents } from '#storage/contents.ts';
import type { Log } from '#telemetry/log.ts';

import type { AnchorKeeper } from './anchor-keeper.ts';
import type { ContentKeeper } from './content-keeper.ts';
import type { HoldBook } from './hold-book.ts';
import type { LogSigning } from './log-signing.ts';

/** Texts in one step, and steps in one turn: the rest is for the next. */
const TEXTS_MAX = 500;
const STEPS_MAX = 200;

export interface RetentionParts {
  readonly dataDir: string;
  readonly audit: AuditLog;
  readonly signing: LogSigning;
  readonly anchors: AnchorKeeper;
  readonly content: ContentKeeper;
  readonly contents: Contents;
  readonly holds: Pick<HoldBook, 'refresh'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly section: () => AuditSection;
  /** By writer, what every receiver that must have it has; null: there is no such receiver. */
  readonly shipped: () => ReadonlyMap<string, number> | null;
  /** By writer, the last record that the ledger has counted. */
  readonly counted: (writer: string) => Promise<number>;
  readonly index: Pick<AuditIndex, 'position' | 'removeThrough'>;
  /** How the index names a writer. */
  readonly indexName: (writer: string) => string;
}

export class RetentionJob {
  readonly #parts: RetentionParts;
  #waits = '';
  /** By writer, the first record that the log had when the index was last told. */
  readonly #firsts = new Map<string, number>();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Why records stay whose time is over; null: there are none, or nothing keeps them. */
  get waits(): string | null {
    return this.#waits === '' ? null : this.#waits;
  }

  async run(): Promise<void> {
    try {
      // What another gateway was told to keep is kept here too; where nobody can say, nothing goes.
      await this.#parts.holds.refresh();
    } catch (thrown) {
      this.#parts.log.write('error', 'retention-failed', { code: faultCodeOf(thrown) });
      return this.#wait('the store cannot say what is held');
    }
    try {
      await this.#texts();
      await this.#segments();
      await this.#indexed();
    } catch (thrown) {
      this.#parts.log.write('error', 'retention-failed', { code: faultCodeOf(thrown) });
    }
  }

  async #texts(): Promise<void> {
    const { content, clock, section } = this.#parts;
    const beforeMs = clock.nowMs() - section().retention.content.ms;
    for (let step = 0; step < STEPS_MAX; step += 1) {
      if (content.expire(beforeMs, TEXTS_MAX) < TEXTS_MAX) return;
      // Calls go on between two steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #segments(): Promise<void> {
    const { dataDir, clock, section, contents, audit, signing, log } = this.#parts;
    const dir = join(dataDir, 'audit');
    const beforeMs = clock.nowMs() - section().retention.metadata.ms;
    const everything = new Map(
      listSegments(diskFiles, dir).map(({ writer }) => [writer, Infinity]),
    );
    if (plannedRemovals(dir, { beforeMs, watermark: everything }).length === 0) {
      this.#waits = '';
      return;
    }
    if (contents.holds().length > 0) return this.#wait('a hold is in force');
    const watermark = await this.#watermark(dir, [...everything.keys()]);
    if (typeof watermark === 'string') return this.#wait(watermark);
    const removals = plannedRemovals(dir, { beforeMs, watermark });
    if (removals.length === 0) return this.#wait('it was not shipped and anchored yet');
    this.#waits = '';
    for (const removal of removals) {
      const { writer, throughSeq, segments } = removal;
      const diff = { writer, throughSeq, segments: segments.map(({ fileName }) => fileName) };
      await audit.append({ kind: 'system', action: 'retention', diff });
      await audit.flush();
      // The record is signed before what it speaks of is gone.
      await signing.publish();
      await remove(dir, removal);
      log.write('info', 'retention', { count: segments.length });
    }
  }

  /** Rows of records that went, now or when the index did not answer. A search shows no ghosts. */
  async #indexed(): Promise<void> {
    const { dataDir, index, indexName } = this.#parts;
    for (const [writer, seq] of firstSeqs(join(dataDir, 'audit'))) {
      if (seq > 1 && seq !== this.#firsts.get(writer))
        await index.removeThrough(indexName(writer), seq - 1);
      this.#firsts.set(writer, seq);
    }
  }

  /** By writer, the last record that may go; or why none may. */
  async #watermark(
    dir: string,
    writers: readonly string[],
  ): Promise<ReadonlyMap<string, number> | string> {
    const { anchors, section, shipped, counted, signing, index, indexName } = this.#parts;
    const outside = anchors.status().filter(({ isOutside }) => isOutside);
    const kept = outside.map(({ size }) => size);
    const received = shipped();
    // A file of this gateway's own is a copy, and no other place.
    const isSent = section().sinks.some(({ type, required }) => type !== 'file' && required);
    const isAnchored = kept.length > 0 || isSent;
    if (!isAnchored && !section().retention.unanchored)
      return 'there is no anchor and no receiver outside this machine';
    const size = Math.min(signing.status().size, ...kept);
    const tiles = new TileFiles(diskFiles, join(dir, LOG_FOLDER));
    const signed = new CheckpointFiles(tiles).positions(size);
    const watermark = new Map<string, number>();
    for (const writer of writers) {
      const indexed = await index.position(indexName(writer));
      const seqs = [signed.get(writer)?.seq ?? 0, await counted(writer), indexed];
      if (received !== null) seqs.push(received.get(writer) ?? 0);
      watermark.set(writer, Math.min(...seqs));
    }
    return watermark;
  }

  /** Once for each reason. */
  #wait(reason: string): void {
    if (reason === this.#waits) return;
    this.#waits = reason;
    this.#parts.log.write('warn', 'retention-waits', { reason });
  }
}
