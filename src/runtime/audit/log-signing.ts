/**
 * Signs the log while it is written: every so often what is on the disk goes into the Merkle log, a
 * checkpoint is made, a record says so, and every anchor is given it. Nothing here holds up a call: a
 * log that cannot be signed is still a log, and an alarm says that it is no more than that.
 */
import { join } from 'node:path';

import { diskFiles } from '#audit/file-port.ts';
import { type Published, Sequencer, type Signers } from '#audit/merkle/sequencer.ts';
import { systemTimers, type Timers } from '#audit/timers.ts';
import type { AuditLog } from '#audit/writer.ts';
import type { Config } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Log } from '#telemetry/log.ts';

import { instanceId } from '../instance-id.ts';
import type { AnchorKeeper } from './anchor-keeper.ts';
import { checkpointKeyFile, checkpointSigners } from './checkpoint-keys.ts';
import type { FolderLogs } from './folder-logs.ts';

/** The name of the log in its checkpoints. */
export const logOrigin = ({ dataDir, audit }: Pick<Config, 'dataDir' | 'audit'>): string =>
  audit.checkpoint.origin ?? `llmproxy/${instanceId(dataDir)}`;

/** May throw `ConfigProblem`: a key file that cannot be used is not gone on without. */
export function openSigning(parts: {
  readonly config: Pick<Config, 'dataDir' | 'audit'>;
  readonly audit: AuditLog;
  readonly anchors: AnchorKeeper;
  readonly logs: Pick<FolderLogs, 'syncedSeq'>;
  readonly clock: Clock;
  readonly log: Log;
}): LogSigning {
  const { dataDir, audit: section } = parts.config;
  const { every } = section.checkpoint;
  const origin = logOrigin(parts.config);
  const keyFile = checkpointKeyFile(dataDir, section.checkpoint);
  checkpointSigners(keyFile, origin);
  const signers = (): Signers => checkpointSigners(keyFile, origin);
  const timers = systemTimers;
  return new LogSigning({ ...parts, dataDir, origin, signers, everyMs: every.ms, timers });
}

export interface SigningStatus {
  /** `broken`: nothing is signed, and the program's log says why. */
  readonly state: 'ok' | 'broken';
  readonly origin: string;
  readonly size: number;
  /** The key in its text form; empty where there is none. */
  readonly key: string;
  /** When the last checkpoint was made; null: none since the start. */
  readonly signedAt: string | null;
}

export interface LogSigningParts {
  readonly dataDir: string;
  readonly logs: Pick<FolderLogs, 'syncedSeq'>;
  readonly audit: AuditLog;
  readonly origin: string;
  readonly signers: () => Signers;
  readonly everyMs: number;
  readonly anchors: AnchorKeeper;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class LogSigning {
  readonly #parts: LogSigningParts;
  #sequencer: Sequencer | null = null;
  #signedAt: string | null = null;
  #working: Promise<void> = Promise.resolve();
  #cancel: () => void = () => {};
  #isClosed = false;
  #problem = '';

  constructor(parts: LogSigningParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#open();
    const { anchors, log } = this.#parts;
    if (!anchors.status().some(({ isOutside }) => isOutside))
      log.write('warn', 'audit-without-anchor');
    this.#later();
  }

  status(): SigningStatus {
    const { origin } = this.#parts;
    const state = this.#sequencer === null || this.#problem !== '' ? 'broken' : 'ok';
    const { size = 0, key = '' } = this.#sequencer ?? {};
    return { state, origin, size, key, signedAt: this.#signedAt };
  }

  /** Signs what is on the disk now. */
  publish(): Promise<void> {
    this.#working = this.#working.then(() => this.#step(true));
    return this.#working;
  }

  /** After the log is closed: what it wrote last is signed too, and nothing is behind it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#working = this.#working.then(() => this.#step(false));
    await this.#working;
    this.#sequencer?.close();
  }

  #open(): void {
    const { dataDir, origin, signers, logs } = this.#parts;
    try {
      this.#sequencer = new Sequencer({
        files: diskFiles,
        dir: join(dataDir, 'audit'),
        origin,
        signers,
        syncedSeq: (of) => logs.syncedSeq(of),
      });
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#parts.timers.after(this.#parts.everyMs, () => {
      void this.publish().then(() => this.#later());
    });
  }

  async #step(isRecorded: boolean): Promise<void> {
    const sequencer = this.#sequencer;
    if (sequencer === null) return;
    try {
      const published = await sequencer.publish();
      this.#problem = '';
      if (published === null) return;
      this.#signedAt = new Date(this.#parts.clock.nowMs()).toISOString();
      if (isRecorded) this.#record(published);
      this.#parts.anchors.keep({
        origin: this.#parts.origin,
        size: published.size,
        note: published.note,
        consistency: (oldSize) => sequencer.consistency(oldSize, published.size),
      });
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  /** The chain and every receiver of records have the checkpoint too: each is a witness of a kind. */
  #record({ size, note, handedTo }: Published): void {
    const { audit } = this.#parts;
    const diff = { size, note, ...(handedTo !== null && { handedTo }) };
    // A full log says so itself; the checkpoint is in its file.
    audit.append({ kind: 'system', action: 'checkpoint', diff }).catch(() => {});
  }

  /** Once for each problem: it is tried again every time. */
  #tell(thrown: unknown): void {
    const reason = thrown instanceof Fault ? thrown.message : 'not known';
    if (reason === this.#problem) return;
    this.#problem = reason;
    this.#parts.log.write('error', 'audit-unsigned', { reason });
  }
}
