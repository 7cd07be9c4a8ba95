/**
 * The index of the audit log, in a thread of its own. Questions have a deadline, and a bounded number
 * waits; what does not fit or comes too late is `Fault('storage-failed')`. A thread that ends is
 * replaced after a wait, and goes on where the index says.
 */
import { Worker } from 'node:worker_threads';

import { Fault } from '#domain/fault.ts';
import type { AuditIndex, IndexRow } from '#storage/audit-index.ts';

import { threadCode } from '../own-files.ts';
import type { IndexWhere } from './open-index.ts';
import type { Answers, Asked, Said } from './protocol.ts';

/** A gateway that has just begun has other things to do; who asks does not wait for it. */
const START_MS = 1_000;
const RESTART_MS = 2_000;
const DEADLINE_MS = 15_000;
/** Erasing may touch every row. */
const ERASE_MS = 120_000;
const CLOSE_MS = 2_000;
const WAITING_MAX = 256;
const HEAP_MB_MAX = 256;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

export interface IndexPortOptions {
  readonly where: IndexWhere;
  /** True: the index is not filled at present. */
  readonly onBehind: (isBehind: boolean) => void;
  /** Another file in the place of the thread's own, for tests of threads that misbehave. */
  readonly entry?: URL;
}

export class IndexPort implements Pick<
  AuditIndex,
  'search' | 'tally' | 'rollups' | 'find' | 'position' | 'erasePerson' | 'removeThrough' | 'close'
> {
  readonly #options: IndexPortOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(rows: readonly IndexRow[]) => void>();
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #lastId = 0;

  constructor(options: IndexPortOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startIn(START_MS);
  }

  search(query: Parameters<AuditIndex['search']>[0]) {
    return this.#ask({ kind: 'search', query });
  }

  tally(...[filter, by]: Parameters<AuditIndex['tally']>) {
    return this.#ask({ kind: 'tally', filter, by });
  }

  rollups(query: Parameters<AuditIndex['rollups']>[0]) {
    return this.#ask({ kind: 'rollups', query });
  }

  find(writer: string, seq: number) {
    return this.#ask({ kind: 'find', writer, seq });
  }

  position(writer: string) {
    return this.#ask({ kind: 'position', writer });
  }

  erasePerson(person: Parameters<AuditIndex['erasePerson']>[0]) {
    return this.#ask({ kind: 'erase', person }, ERASE_MS);
  }

  removeThrough(writer: string, seq: number) {
    return this.#ask({ kind: 'remove', writer, seq }, ERASE_MS);
  }

  /** Rows as they come into the index, at most a moment behind the log. Returns how to stop. */
  onRows(listener: (rows: readonly IndexRow[]) => void): () => void {
    this.#listeners.add(listener);
    this.#tell();
    return () => {
      this.#listeners.delete(listener);
      this.#tell();
    };
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker !== null) await this.#ask({ kind: 'close' }, CLOSE_MS).catch(() => null);
    this.#isClosed = true;
    this.#worker = null;
    this.#refuseAll();
    await worker?.terminate();
  }

  #tell(): void {
    if (this.#worker === null && this.#listeners.size === 0) return;
    // One that fails is asked again by the thread that takes its place.
    this.#ask({ kind: 'tell', isTold: this.#listeners.size > 0 }).catch(() => null);
  }

  #ask<A extends Asked>(asked: A, deadlineMs = DEADLINE_MS): Promise<Answers[A['kind']]> {
    if (this.#isClosed || this.#waiting.size >= WAITING_MAX) return Promise.reject(unanswered());
    const worker = this.#worker ?? this.#begin();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(unanswered());
      }, deadlineMs);
      this.#waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          // The thread answers in the shape of the question; both are ours.
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion
          resolve(answer as Answers[A['kind']]);
        },
        reject: (fault) => {
          clearTimeout(timer);
          reject(fault);
        },
      });
      // A thread has no origin: the rule is about windows of browsers.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage({ id, asked });
    });
  }

  #startIn(ms: number): void {
    if (this.#isClosed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#worker === null) this.#begin();
    }, ms).unref();
  }

  #begin(): Worker {
    const { where, entry } = this.#options;
    const own = threadCode('audit-index/index-thread');
    const worker = new Worker(entry ?? own.code, {
      eval: entry === undefined && own.eval,
      workerData: where,
      // It needs no variable, and those of the gateway are secrets.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 8 },
    });
    this.#worker = worker;
    worker.unref();
    worker.on('message', (said: Said) => this.#heard(said));
    // What ended it may quote a row; that it ended is told.
    worker.on('error', () => this.#options.onBehind(true));
    worker.on('exit', () => this.#ended(worker));
    if (this.#listeners.size > 0) this.#tell();
    return worker;
  }

  #ended(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    this.#refuseAll();
    this.#startIn(RESTART_MS);
  }

  #refuseAll(): void {
    for (const { reject } of this.#waiting.values()) reject(unanswered());
    this.#waiting.clear();
  }

  #heard(said: Said): void {
    if (said.kind === 'rows') {
      for (const listener of this.#listeners) listener(said.rows);
      return;
    }
    if (said.kind === 'state') {
      this.#options.onBehind(said.isBehind);
      return;
    }
    const waiting = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if (said.kind === 'answer') waiting?.resolve(said.answer);
    else waiting?.reject(unanswered());
  }
}

const unanswered = (): Fault =>
  new Fault('storage-failed', 'the index of the audit log does not answer');
