/** What goes with the log: how it is signed and anchored, what is kept beside it, and when that ends. */
import { join } from 'node:path';

import type { Anchor } from '#audit/anchors/anchor.ts';
import { diskFiles } from '#audit/file-port.ts';
import { listSegments } from '#audit/segment.ts';
import { systemTimers } from '#audit/timers.ts';
import type { AuditLog } from '#audit/writer.ts';
import type { AuditSection } from '#config/audit-section.ts';
import type { Config } from '#config/config.ts';
import type { Peppers } from '#config/peppers.ts';
import type { RootKey } from '#custody/roots/root.ts';
import { faultCodeOf } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Contents } from '#storage/contents.ts';
import type { AuditState } from '#telemetry/audit-metrics.ts';
import type { Log } from '#telemetry/log.ts';

import { IndexPort } from '../audit-index/index-port.ts';
import { indexWhere } from '../audit-index/index-where.ts';
import { type IndexWhere, writerIn } from '../audit-index/open-index.ts';
import type { Counting } from '../counting.ts';
import { every } from '../every.ts';
import { AnchorKeeper } from './anchor-keeper.ts';
import { anchorsOf } from './anchors.ts';
import { CallAudit } from './call-audit.ts';
import type { ContentKeeper } from './content-keeper.ts';
import type { ContentKeys } from './content-keys.ts';
import { fleetAnchors, type FleetPorts } from './fleet.ts';
import type { FolderLogs } from './folder-logs.ts';
import type { HoldBook, HoldBookPorts } from './hold-book.ts';
import { type LogSigning, openSigning } from './log-signing.ts';
import { openAuditContents } from './open-contents.ts';
import { RetentionJob } from './retention-job.ts';
import { Verification } from './verification.ts';

const MEASURE_MS = 5_000;
const RETENTION_MS = 3_600_000;
/** A gateway that has just begun has other things to do. */
const RETENTION_FIRST_MS = 60_000;
/** The last checkpoint is given to anchors for at most this long; the next start gives it again. */
const ANCHOR_DRAIN_MS = 2_000;

export interface AuditRoomParts {
  readonly config: Pick<Config, 'dataDir' | 'audit' | 'ledger' | 'storage'>;
  readonly audit: AuditLog;
  /** False: another process of this gateway signs, indexes and ends what is kept, for all of them. */
  readonly isOwner: boolean;
  readonly logs: FolderLogs;
  readonly root: RootKey;
  readonly storage: HoldBookPorts['storage'] & FleetPorts['storage'];
  readonly peppers: Peppers;
  readonly counting: Counting;
  /** More of the log waits for receivers that must have it than the operator allows. */
  readonly isSpoolFull: () => boolean;
  /** By writer, what every receiver that must have it has; null: there is no such receiver. */
  readonly shipped: () => ReadonlyMap<string, number> | null;
  readonly clock: Clock;
  readonly log: Log;
}

export class AuditRoom {
  readonly signing: LogSigning;
  readonly anchors: AnchorKeeper;
  readonly contents: Contents;
  readonly content: ContentKeeper;
  readonly holds: HoldBook;
  readonly callAudit: CallAudit;
  readonly index: IndexPort;
  readonly indexWhere: IndexWhere;
  readonly verification: Verification;
  readonly #fleet: readonly Anchor[];
  readonly #contentKeys: ContentKeys;
  readonly #retention: RetentionJob;
  readonly #parts: AuditRoomParts;
  #section: AuditSection;
  #bytes = 0;
  #stop: (() => void)[] = [];

  /** May throw `ConfigProblem`: a key file that cannot be used is not gone on without. */
  constructor(parts: AuditRoomParts) {
    this.#parts = parts;
    const { config, audit, clock, log, counting } = parts;
    const { dataDir } = config;
    this.#section = config.audit;
    this.anchors = new AnchorKeeper({ clock, timers: systemTimers, log });
    this.#fleet = parts.isOwner ? fleetAnchors({ ...parts, dataDir }) : [];
    this.#useAnchors(config.audit);
    this.signing = openSigning({ ...parts, anchors: this.anchors });
    this.verification = new Verification(dataDir, () => this.signing.status().key, clock);
    const { contents, content, contentKeys, holds } = openAuditContents({ ...parts, dataDir });
    this.holds = holds;
    this.contents = contents;
    this.content = content;
    this.#contentKeys = contentKeys;
    this.indexWhere = indexWhere(config);
    this.index = new IndexPort({
      where: this.indexWhere,
      onBehind: (isBehind) => {
        log.write(isBehind ? 'error' : 'info', isBehind ? 'index-behind' : 'index-follows');
      },
    });
    this.callAudit = new CallAudit(config.audit, {
      audit,
      clock,
      log,
      onWritten: (draft, seq) => counting.ledger.note(draft, seq),
      bytes: () => this.#bytes,
      isSpoolFull: parts.isSpoolFull,
    });
    this.#retention = new RetentionJob({
      ...parts,
      dataDir,
      signing: this.signing,
      anchors: this.anchors,
      contents,
      content,
      holds,
      section: () => this.#section,
      counted: (writer) => counting.counted(writer),
      index: this.index,
      indexName: (writer) => writerIn(this.indexWhere, writer),
    });
  }

  /** Of another configuration. Anchors that did not change carry on: what they keep stays known. */
  use({ audit }: Pick<Config, 'audit'>): void {
    const isSame = JSON.stringify(this.#section.anchors) === JSON.stringify(audit.anchors);
    this.#section = audit;
    this.callAudit.use(audit);
    if (!isSame) this.#useAnchors(audit);
  }

  #useAnchors({ anchors }: Pick<AuditSection, 'anchors'>): void {
    this.anchors.use([...anchorsOf(anchors, this.#parts.config.dataDir), ...this.#fleet]);
  }

  /** Why records stay whose time is over; null: nothing keeps any. */
  retentionWaits(): string | null {
    return this.#retention.waits;
  }

  start(): void {
    if (!this.#parts.isOwner) {
      this.#measure();
      this.#stop = [every(MEASURE_MS, () => this.#measure())];
      return;
    }
    this.signing.start();
    this.index.start();
    this.#measure();
    this.#rewrap().catch(() => {});
    // Until the store answers, the copy of the last time is what is kept.
    this.holds.refresh().catch(() => {});
    const first = systemTimers.after(RETENTION_FIRST_MS, () => void this.#retention.run());
    this.#stop = [
      first,
      every(MEASURE_MS, () => this.#measure()),
      every(RETENTION_MS, () => this.#retention.run()),
    ];
  }

  /** After the log is closed: what it wrote last is signed and given to anchors. */
  async close(): Promise<void> {
    for (const stop of this.#stop) stop();
    await this.index.close();
    await this.verification.close();
    await this.signing.close();
    await this.anchors.close(ANCHOR_DRAIN_MS);
    this.contents.close();
  }

  /** What is measured of it. */
  state(): AuditState {
    return {
      isSigning: () => this.signing.status().state === 'ok',
      signedRecords: () => this.signing.status().size,
      anchorAges: () => this.anchors.ages(),
      bytes: () => this.#bytes,
    };
  }

  #measure(): void {
    try {
      let bytes = 0;
      const dir = join(this.#parts.config.dataDir, 'audit');
      for (const { path } of listSegments(diskFiles, dir)) {
        const file = diskFiles.open(path, 'read');
        bytes += diskFiles.size(file);
        diskFiles.close(file);
      }
      this.#bytes = bytes;
      this.callAudit.measured();
    } catch {
      // A segment went while it was measured; the next measure is five seconds away.
    }
  }

  /** Older root keys can go when nothing is wrapped by them. */
  async #rewrap(): Promise<void> {
    const { log } = this.#parts;
    try {
      await this.#contentKeys.rewrap();
    } catch (thrown) {
      log.write('error', 'content-keys-unreadable', { code: faultCodeOf(thrown) });
    }
  }
}
