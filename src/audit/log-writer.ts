/**
 * The queue, the writes and the states behind `AuditLog`.
 *
 * `#drain` runs to its end in one turn; whatever must wait for the disk runs alone in the keeper
 * while drafts queue. Degraded means that no new call is admitted. It never means that a record is
 * dropped silently: every draft is written or its caller is told.
 */
import { Fault } from '#domain/fault.ts';

import { Ballast } from './ballast.ts';
import type { Chain } from './chain.ts';
import { BATCH_BUFFER_BYTES, DraftQueue, type Pending } from './draft-queue.ts';
import { isFull } from './file-port.ts';
import { OpenCalls } from './open-calls.ts';
import type { AuditDraft } from './record.ts';
import { SegmentKeeper } from './segment-keeper.ts';
import type { AuditStatus, WriterSettings } from './writer-settings.ts';

const FLUSH_DEADLINE_MS = 10_000;

const ignore = (): void => {};
const failed = (where: string): Fault => new Fault('audit-failed', where);

export class LogWriter {
  readonly #is: WriterSettings;
  readonly #chain: Chain;
  readonly #lock: { release(): void };
  readonly #ballast: Ballast;
  readonly #keeper: SegmentKeeper;
  readonly #calls = new OpenCalls();
  readonly #listeners = new Set<(state: AuditStatus['state']) => void>();
  readonly #scratch = Buffer.allocUnsafe(BATCH_BUFFER_BYTES);
  readonly #queue = new DraftQueue();
  /** Those that a segment did not take, until they are written or given up. */
  readonly #failed = new WeakSet<Pending>();
  #isScheduled = false;
  #isClosed = false;
  #isStopped = false;
  #state: AuditStatus['state'] = 'ok';
  #lastWriteMs: number;
  #cancelProbe: () => void = ignore;
  #cancelHeartbeat: () => void = ignore;
  #waiting: (() => void)[] = [];
  #trouble = { cause: '', code: '', since: '' };

  constructor(settings: WriterSettings, chain: Chain, lock: { release(): void }) {
    const { files, dir, writer, limits, clock } = settings;
    this.#is = settings;
    this.#chain = chain;
    this.#lock = lock;
    this.#lastWriteMs = clock.monotonicMs();
    const path = `${dir}/ballast-${writer}.bin`;
    this.#ballast = new Ballast(files, dir, { path, bytes: limits.ballastBytes });
    this.#keeper = new SegmentKeeper(settings, {
      lastSeq: () => this.#chain.seq,
      sealSegment: () => this.#writeNow({ kind: 'system', action: 'close' }),
      onSegment: (action, code) => this.#announce(action, code),
      onLost: (code) => this.#degrade('failed', code),
      onProgress: () => this.#advance(),
    });
  }

  reopenCall(admit: AuditDraft, segmentFileName: string): void {
    this.#calls.note(admit, segmentFileName);
  }

  /** Opens the first segment and makes what recovery found durable. */
  async start(drafts: readonly AuditDraft[]): Promise<void> {
    await this.#keeper.open();
    for (const draft of drafts) this.#push(draft, 'back');
    const seq = this.#chain.seq + this.#queue.length;
    await this.flush();
    // Without these records the log would not say how the last run ended: no start on a full disk.
    if (this.#chain.seq < seq) throw failed('the first records were not written');
    if (!this.#ballast.restore()) this.#degrade('full', 'ENOSPC');
    this.#beat();
  }

  /** One promise a record, no async function: this is the hot path. */
  append(draft: AuditDraft): Promise<number> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusalOf(draft);
      if (refusal !== null) {
        reject(failed(refusal));
        return;
      }
      this.#queue.add({ draft, atMs: this.#is.clock.nowMs(), resolve, reject });
      this.#schedule();
    });
  }

  #refusalOf({ kind }: AuditDraft): string | null {
    if (this.#isClosed) return 'the audit log is closed';
    if (this.#state === 'degraded' && kind === 'admit') return 'the audit log is degraded';
    return this.#queue.length >= this.#is.limits.queueMax ? 'too many records wait' : null;
  }

  status(): AuditStatus {
    const segment = this.#keeper.current;
    return {
      state: this.#state,
      lastSeq: this.#chain.seq,
      head: this.#chain.head,
      segment: segment?.segment.fileName ?? null,
      bytes: segment?.bytes ?? 0,
      syncedSeq: this.#keeper.syncedSeq,
    };
  }

  onState(listener: (state: AuditStatus['state']) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async flush(): Promise<void> {
    const endMs = this.#is.clock.monotonicMs() + FLUSH_DEADLINE_MS;
    this.#drain();
    while (this.#queue.length > 0 || !this.#keeper.isAllSynced) {
      if (this.#keeper.current === null && !this.#keeper.isAlone)
        throw failed('there is no segment');
      const leftMs = endMs - this.#is.clock.monotonicMs();
      if (leftMs <= 0) throw failed('the log was not synced in time');
      const moved = this.#moved(leftMs);
      this.#keeper.syncNow();
      await moved;
      this.#drain();
    }
    if (this.#keeper.current === null) throw failed('there is no segment');
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#keeper.stopRotating();
      this.#push({ kind: 'system', action: 'close' }, 'back');
      await this.flush();
    } finally {
      this.stop();
    }
  }

  /** Writes nothing more, whatever was planned: the next writer may already be there. */
  stop(): void {
    this.#isClosed = true;
    this.#isStopped = true;
    this.#cancelProbe();
    this.#cancelHeartbeat();
    this.#queue.reject('the audit log is closed');
    this.#keeper.close();
    this.#lock.release();
  }

  /** Resolves at the next progress of the keeper, or after `ms`. */
  #moved(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#is.timers.after(ms, resolve);
      this.#waiting.push(() => {
        cancel();
        resolve();
      });
    });
  }

  #advance(): void {
    for (const wake of this.#waiting.splice(0)) wake();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#drain();
    });
  }

  /** A record of our own. Nobody waits for it: what fails shows in the state. */
  #push(draft: AuditDraft, end: 'front' | 'back'): void {
    const pending = { draft, atMs: this.#is.clock.nowMs(), resolve: ignore, reject: ignore };
    if (end === 'front') this.#queue.putBack([pending]);
    else this.#queue.add(pending);
    this.#schedule();
  }

  #drain(): void {
    if (this.#isStopped) return;
    while (this.#queue.length > 0 && this.#keeper.takesWrites) {
      if (this.#keeper.current === null) this.#queue.reject('there is no segment');
      else if (!this.#writeBatch()) return;
    }
  }

  /** One write. False: it failed, and what follows is arranged. */
  #writeBatch(): boolean {
    const mark = this.#chain.mark();
    const { taken, bytes } = this.#queue.encode(this.#chain, this.#scratch);
    if (taken.length === 0) return true;
    const startedMs = this.#is.clock.monotonicMs();
    const code = this.#keeper.write(this.#scratch.subarray(0, bytes), taken.length);
    if (code !== null) {
      this.#chain.rewind(mark);
      this.#queue.putBack(taken);
      const isAgain = taken.some((pending) => this.#failed.has(pending));
      for (const pending of taken) this.#failed.add(pending);
      this.#onWriteFailure(code, isAgain);
      return false;
    }
    this.#acknowledge(taken, mark.seq);
    const endedMs = this.#is.clock.monotonicMs();
    this.#lastWriteMs = endedMs;
    if (endedMs - startedMs > this.#is.limits.hangMs) this.#degrade('slow', 'late');
    return true;
  }

  #acknowledge(taken: readonly Pending[], seqBefore: number): void {
    const fileName = this.#keeper.current?.segment.fileName ?? '';
    let seq = seqBefore;
    for (const { draft, resolve } of taken) {
      seq += 1;
      this.#calls.note(draft, fileName);
      resolve(seq);
    }
  }

  #onWriteFailure(code: string, isAgain: boolean): void {
    if (!isFull(code) || this.#keeper.current?.isWhole !== true) {
      // What two segments did not take, a third would not take either: one after another would be made
      // for ever, and whoever waits would never hear of it.
      if (isAgain) this.#keeper.lose(code);
      else void this.#keeper.alone(() => this.#keeper.replace(code));
      return;
    }
    const isSpaceFreed = this.#ballast.release();
    this.#degrade('full', code);
    if (!isSpaceFreed) this.#queue.reject('the disk is full');
  }

  /** The last record of a segment, while nothing else is written. A failure shows at the next sync. */
  #writeNow(draft: AuditDraft): void {
    const mark = this.#chain.mark();
    const bytes = this.#chain.encode(draft, this.#is.clock.nowMs(), this.#scratch, 0);
    if (this.#keeper.write(this.#scratch.subarray(0, bytes), 1) !== null) this.#chain.rewind(mark);
  }

  #announce(action: string, code: string | null): void {
    const openFrom = this.#calls.oldestSegment(this.#keeper.current?.segment.fileName ?? '');
    const diff = code === null ? { openFrom } : { openFrom, code };
    this.#push({ kind: 'system', action, diff }, 'front');
  }

  #degrade(cause: 'full' | 'failed' | 'slow', code: string): void {
    this.#queue.reject('the audit log is degraded', 'admit');
    if (this.#keeper.current === null) this.#queue.reject('there is no segment');
    if (this.#state === 'degraded') return;
    const since = new Date(this.#is.clock.nowMs()).toISOString();
    this.#trouble = { cause, code, since };
    this.#push({ kind: 'system', action: 'audit_degraded', diff: { cause, code } }, 'front');
    this.#setState('degraded');
    this.#planProbe();
  }

  #setState(state: AuditStatus['state']): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  #planProbe(): void {
    if (this.#isStopped) return;
    this.#cancelProbe();
    this.#cancelProbe = this.#is.timers.after(this.#is.limits.probeMs, () => void this.#probe());
  }

  /** Tries the disk again; resumes without a restart. */
  async #probe(): Promise<void> {
    if (this.#isClosed || this.#state === 'ok') return;
    if (!this.#keeper.isAlone) {
      await this.#keeper.alone(async () => {
        if (this.#keeper.current === null) await this.#keeper.replace('probe');
        if (this.#keeper.current === null || !this.#ballast.restore()) return;
        this.#push({ kind: 'system', action: 'audit_resumed', diff: this.#trouble }, 'back');
        this.#setState('ok');
      });
    }
    if (this.#state === 'degraded') this.#planProbe();
  }

  /** Silence is evidence too: an idle log says every so often that it is alive. */
  #beat(): void {
    const { limits, timers, clock } = this.#is;
    const idleMs = clock.monotonicMs() - this.#lastWriteMs;
    const isIdle = idleMs >= limits.heartbeatMs;
    if (isIdle && this.#state === 'ok') this.#push({ kind: 'system', action: 'heartbeat' }, 'back');
    const nextMs = isIdle ? limits.heartbeatMs : limits.heartbeatMs - idleMs;
    this.#cancelHeartbeat = timers.after(Math.max(1, nextMs), () => this.#beat());
  }
}
