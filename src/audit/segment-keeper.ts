/**
 * The segment that is being written: syncing it in groups, rotating it, replacing it when it breaks.
 *
 * A segment whose write or sync failed is never trusted again. Its frames that are not known to be
 * on the disk are written to a new one, and that one is synced, before the old one is left: at every
 * moment each acknowledged record is whole in some file. What waits for the disk runs alone.
 */
import { assert } from '#stdx/assert.ts';

import { codeOf } from './file-port.ts';
import { SegmentFile } from './segment-file.ts';
import { endsWithin } from './timers.ts';
import { Unsynced } from './unsynced.ts';
import type { WriterSettings } from './writer-settings.ts';

/** What the keeper asks of the writer. */
export interface KeeperHooks {
  /** Number of the last record that was encoded. */
  lastSeq(): number;
  /** Writes the `close` record into the segment. */
  sealSegment(): void;
  /** A new segment begins; the writer tells so in a record. */
  onSegment(action: 'segment_opened' | 'segment_replaced', code: string | null): void;
  /** There is no segment any more. */
  onLost(code: string): void;
  /** Something moved: write what waits, wake who waits. */
  onProgress(): void;
}

export class SegmentKeeper {
  readonly #is: WriterSettings;
  readonly #hooks: KeeperHooks;
  readonly #unsynced = new Unsynced();
  #segment: SegmentFile | null = null;
  /** The segment that failed, until its unsynced frames are elsewhere. */
  #poisoned: SegmentFile | null = null;
  #segmentCount = 0;
  #isAlone = false;
  #isSyncing = false;
  #isClosed = false;
  #syncedSeq: number;
  #rotateNotBeforeMs = Number.NEGATIVE_INFINITY;
  #cancelSync: (() => void) | null = null;

  constructor(settings: WriterSettings, hooks: KeeperHooks) {
    this.#is = settings;
    this.#hooks = hooks;
    this.#syncedSeq = hooks.lastSeq();
  }

  get current(): SegmentFile | null {
    return this.#segment;
  }

  get syncedSeq(): number {
    return this.#syncedSeq;
  }

  get isAlone(): boolean {
    return this.#isAlone;
  }

  get isAllSynced(): boolean {
    return this.#unsynced.records === 0;
  }

  /** False: drafts wait, until `onProgress`. */
  get takesWrites(): boolean {
    return !this.#isAlone && !this.#unsynced.isFull;
  }

  /** Writes frames that end with record `lastSeq`; `null`, or the code of the failure. */
  write(frames: Buffer, records: number): string | null {
    assert(this.#segment !== null, 'frames are written to a segment');
    const code = this.#segment.write(frames);
    if (code !== null) return code;
    this.#unsynced.add({ lastSeq: this.#hooks.lastSeq(), records, frames: Buffer.from(frames) });
    this.#planSync();
    return null;
  }

  /** Opens the first segment of the epoch. Throws a file system error. */
  async open(): Promise<void> {
    this.#segment = await this.#create();
    this.#hooks.onSegment('segment_opened', null);
  }

  syncNow(): void {
    this.#cancelSync?.();
    this.#cancelSync = null;
    if (!this.#isSyncing && !this.#isAlone) void this.#sync();
  }

  /** Runs `work` while no draft is written. One at a time: a second one is a bug. */
  async alone(work: () => Promise<void>): Promise<void> {
    assert(!this.#isAlone, 'one repair at a time');
    this.#isAlone = true;
    try {
      await work();
    } finally {
      this.#isAlone = false;
      if (this.#unsynced.records > 0) this.#planSync();
      this.#hooks.onProgress();
    }
  }

  /** The segment failed: goes on in a new one, or loses it. Runs alone. */
  async replace(code: string): Promise<void> {
    assert(this.#isAlone, 'a segment is replaced while nothing is written');
    this.#poisoned ??= this.#segment;
    this.#segment = null;
    const next = await this.#replacement();
    if (typeof next === 'string') {
      this.#hooks.onLost(next);
      return;
    }
    if (this.#isClosed) {
      // The old file still has every frame.
      next.discard();
      return;
    }
    // One that never took a frame is no part of the log.
    if (this.#poisoned?.bytes === 0) this.#poisoned.discard();
    else this.#poisoned?.abandon();
    this.#poisoned = null;
    this.#segment = next;
    this.#allSynced();
    this.#hooks.onSegment('segment_replaced', code);
  }

  /** No segment takes what is to be written. Unsynced frames are kept for when one does. */
  lose(code: string): void {
    this.#poisoned ??= this.#segment;
    this.#segment = null;
    this.#hooks.onLost(code);
  }

  /** The log ends here: a segment that is full stays the last one. */
  stopRotating(): void {
    this.#rotateNotBeforeMs = Number.POSITIVE_INFINITY;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelSync?.();
    this.#segment?.close();
    this.#poisoned?.close();
    this.#segment = null;
  }

  #planSync(): void {
    if (this.#isSyncing || this.#isAlone) return;
    if (this.#unsynced.records >= this.#is.limits.syncRecordsMax) this.syncNow();
    else
      this.#cancelSync ??= this.#is.timers.after(this.#is.limits.syncWaitMs, () => this.syncNow());
  }

  async #sync(): Promise<void> {
    const segment = this.#segment;
    if (segment === null || this.#unsynced.records === 0) return;
    this.#isSyncing = true;
    const seq = this.#hooks.lastSeq();
    const code = await segment.sync(this.#is.limits.hangMs, this.#is.timers);
    this.#isSyncing = false;
    // A write failed in the meantime: the segment is being replaced, or has been.
    if (segment !== this.#segment || this.#isAlone) return;
    if (code !== null) {
      await this.alone(async () => await this.replace(code));
      return;
    }
    this.#unsynced.dropThrough(seq);
    this.#syncedSeq = seq;
    if (this.#unsynced.records > 0) this.#planSync();
    if (this.#isDue(segment)) await this.alone(async () => await this.#rotate(segment));
    else this.#hooks.onProgress();
  }

  #isDue(segment: SegmentFile): boolean {
    const { limits, clock } = this.#is;
    return (
      segment.bytes >= limits.segmentBytesMax && clock.monotonicMs() >= this.#rotateNotBeforeMs
    );
  }

  /** The new file first: where none can be made, the old one is still good and goes on. */
  async #rotate(old: SegmentFile): Promise<void> {
    let next: SegmentFile;
    try {
      next = await this.#create();
    } catch {
      // A full disk or a broken folder. Writing tells which; the next try is a second away.
      this.#rotateNotBeforeMs = this.#is.clock.monotonicMs() + 1_000;
      return;
    }
    this.#hooks.sealSegment();
    const code = await old.sync(this.#is.limits.hangMs, this.#is.timers);
    if (code !== null || this.#isClosed) {
      next.discard();
      if (code !== null && !this.#isClosed) await this.replace(code);
      return;
    }
    old.close();
    this.#segment = next;
    this.#allSynced();
    this.#hooks.onSegment('segment_opened', null);
  }

  #allSynced(): void {
    this.#syncedSeq = this.#hooks.lastSeq();
    this.#unsynced.dropThrough(this.#syncedSeq);
  }

  /** A new segment that holds every unsynced frame, on the disk; or the code of what failed. */
  async #replacement(): Promise<SegmentFile | string> {
    const { limits, timers } = this.#is;
    let next: SegmentFile;
    try {
      next = await this.#create();
    } catch (thrown) {
      return codeOf(thrown);
    }
    const code = next.write(this.#unsynced.frames) ?? (await next.sync(limits.replaceMs, timers));
    if (code === null) return next;
    next.discard();
    return code;
  }

  async #create(): Promise<SegmentFile> {
    const { files, dir, writer, epoch, limits, timers } = this.#is;
    this.#segmentCount += 1;
    const next = new SegmentFile(files, dir, { writer, epoch, n: this.#segmentCount });
    const code = await endsWithin(files.syncFolder(dir), limits.replaceMs, { timers, codeOf });
    if (code === null) return next;
    next.discard();
    throw Object.assign(new Error('the folder of the log was not synced'), { code });
  }
}
