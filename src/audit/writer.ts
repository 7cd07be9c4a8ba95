/**
 * The audit log of one process: no record is acknowledged before it is in the file.
 *
 * `append` resolves when the bytes are in the page cache, which `kill -9` cannot take back; the disk
 * has them within 10 ms or 256 records (`flush` waits for it). Drafts of one event-loop turn are one
 * write. Queue, unsynced frames and every wait are bounded; what does not fit is refused.
 */
import { join } from 'node:path';

import { assert } from '#stdx/assert.ts';
import { type Clock, systemClock } from '#stdx/clock.ts';
import { Fault } from '#domain/fault.ts';

import { Chain } from './chain.ts';
import { type AuditFiles, codeOf, diskFiles } from './file-port.ts';
import { LogWriter } from './log-writer.ts';
import type { AuditDraft } from './record.ts';
import { type InterruptedCall, recover, type Recovered, recoveryDrafts } from './recovery.ts';
import { isWriterName } from './segment.ts';
import { systemTimers, type Timers } from './timers.ts';
import {
  type AuditLimits,
  type AuditStatus,
  DEFAULT_LIMITS,
  type WriterSettings,
} from './writer-settings.ts';

export type { AuditLimits, AuditStatus } from './writer-settings.ts';

export interface AuditLog {
  /** Resolves with the record's seq once it is in the file; rejects with `Fault('audit-failed')`. */
  append(draft: AuditDraft): Promise<number>;
  status(): AuditStatus;
  /** Called at each change of state. Returns how to stop. */
  onState(listener: (state: AuditStatus['state']) => void): () => void;
  /** Resolves when everything appended before is on the disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Calls that a crash interrupted, for the ledger to settle. Their `complete` is written already. */
  readonly interrupted: readonly InterruptedCall[];
  /** Outbox rows that are in the log already (see outbox-drain.ts). */
  readonly recentAdminIds: readonly string[];
}

export interface AuditLogOptions {
  /** The folder of the segments: `dataDir/audit`. */
  readonly dir: string;
  readonly writer: string;
  /** Takes the one right to write as this writer, or throws. It must end with the process. */
  readonly lock: (path: string) => { release(): void };
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly files?: AuditFiles;
  readonly limits?: Partial<AuditLimits>;
}

export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { dir, writer, files = diskFiles } = options;
  assert(isWriterName(writer), 'a writer name is lower case letters, digits and hyphens');
  files.makeFolder(dir);
  const lock = options.lock(join(dir, `writer-${writer}.lock`));
  let recovered: Recovered;
  try {
    recovered = await recover(files, dir, writer);
  } catch (thrown) {
    lock.release();
    throw openingFault(thrown);
  }
  return withRecovered(await startWriter(options, recovered, lock), recovered);
}

/** The cause is dropped: it may quote a path. The code says what the file system said. */
const openingFault = (thrown: unknown): Fault =>
  thrown instanceof Fault
    ? thrown
    : new Fault('audit-failed', `opening the log: ${codeOf(thrown)}`);

/** From here on the lock is the writer's to release. */
async function startWriter(
  options: AuditLogOptions,
  recovered: Recovered,
  lock: { release(): void },
): Promise<LogWriter> {
  const { clock = systemClock, timers = systemTimers, files = diskFiles, dir, writer } = options;
  const epoch = recovered.epoch + 1;
  const settings: WriterSettings = {
    dir,
    writer,
    epoch,
    clock,
    timers,
    files,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
  const chain = new Chain(writer, epoch, { seq: recovered.lastSeq, head: recovered.head });
  const log = new LogWriter(settings, chain, lock);
  for (const { admit, segment } of recovered.interrupted) log.reopenCall(admit, segment);
  try {
    await log.start(recoveryDrafts(recovered));
  } catch (thrown) {
    log.stop();
    throw openingFault(thrown);
  }
  return log;
}

const withRecovered = (log: LogWriter, { interrupted, recentAdminIds }: Recovered): AuditLog => ({
  append: (draft) => log.append(draft),
  status: () => log.status(),
  onState: (listener) => log.onState(listener),
  flush: () => log.flush(),
  close: () => log.close(),
  interrupted,
  recentAdminIds,
});
