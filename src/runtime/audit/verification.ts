/** Verifies the log on request, in a thread of its own, one verification at a time. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { VerificationView } from '#admin/audit-contract.ts';
import type { Verdict } from '#audit/verify.ts';
import type { Clock } from '#stdx/clock.ts';

import { threadCode } from '../own-files.ts';

/** A log of a year is verified in minutes; what takes longer has its command. */
const DEADLINE_MS = 1_800_000;
const HEAP_MB_MAX = 256;

export class Verification {
  readonly #dir: string;
  readonly #key: () => string;
  readonly #clock: Clock;
  #view: VerificationView = { state: 'none', startedAt: null, endedAt: null, verdict: null };
  #worker: Worker | null = null;

  /** `key`: the one that the gateway signs with, which no file of the log says. */
  constructor(dataDir: string, key: () => string, clock: Clock) {
    this.#dir = join(dataDir, 'audit');
    this.#key = key;
    this.#clock = clock;
  }

  view(): VerificationView {
    return this.#view;
  }

  /** False: one is under way. */
  start(): boolean {
    if (this.#worker !== null) return false;
    const startedAt = this.#now();
    this.#view = { state: 'running', startedAt, endedAt: null, verdict: null };
    const { code, eval: isText } = threadCode('audit/verify-thread');
    const worker = new Worker(code, {
      eval: isText,
      workerData: { dir: this.#dir, keys: [] },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
      stdout: true,
      stderr: true,
    });
    worker.unref();
    this.#worker = worker;
    const timer = setTimeout(() => void worker.terminate(), DEADLINE_MS).unref();
    worker.once('message', (verdict: Verdict) => this.#ended(startedAt, verdict));
    worker.once('error', () => {});
    worker.once('exit', () => {
      clearTimeout(timer);
      this.#worker = null;
      if (this.#view.state === 'running')
        this.#view = { state: 'failed', startedAt, endedAt: this.#now(), verdict: null };
    });
    return true;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ended(startedAt: string, { exit, records, tree, firstBad }: Verdict): void {
    const isOwnKey = tree === null || tree.key === this.#key();
    const problem = firstBad?.problem ?? null;
    const verdict = { exit, records, signed: tree?.size ?? 0, isOwnKey, problem };
    this.#view = { state: 'done', startedAt, endedAt: this.#now(), verdict };
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}
