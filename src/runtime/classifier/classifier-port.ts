/**
 * One classifier in a thread of its own. One question runs at a time, a bounded number waits, and
 * each has its deadline. A thread that ends, or that holds a question beyond its time, is replaced
 * after a wait that doubles; until then every question is refused, so nothing passes unread.
 */
import { Worker } from 'node:worker_threads';

import type { Classifier, ClassifierTalk } from '#policy/guards/guard.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { threadCode } from '../own-files.ts';
import type { Said, ThreadOptions } from './protocol.ts';

/** Large models take seconds to read and to prepare. */
const READY_MS_MAX = 120_000;
const RESTART_MS = 100;
const RESTART_MS_MAX = 30_000;
/** A thread that is so much later than the guard's own timeout hangs. */
const HANG_MS = 2_000;

interface Waiting {
  readonly id: number;
  readonly text: string;
  readonly resolve: (scores: readonly number[]) => void;
  readonly reject: (reason: Error) => void;
}

export interface ClassifierPortOptions {
  readonly thread: ThreadOptions;
  readonly timeoutMs: number;
  readonly onEvent: (reason: string) => void;
  /** Another file in the place of the thread's own, for tests of threads that misbehave. */
  readonly entry?: URL;
}

export class ClassifierPort implements Classifier {
  readonly #options: ClassifierPortOptions;
  readonly #waiting = new Map<number, Waiting>();
  #running: Waiting | null = null;
  #worker: Worker | null = null;
  #isReady = false;
  #isClosed = false;
  #failures = 0;
  #lastId = 0;
  #restart: NodeJS.Timeout | null = null;
  #hang: NodeJS.Timeout | null = null;
  #opened: (problem: string | null) => void = () => {};
  readonly #opening: Promise<string | null>;

  constructor(options: ClassifierPortOptions) {
    this.#options = options;
    this.#opening = new Promise((resolve) => {
      this.#opened = resolve;
    });
    this.#start();
  }

  /** Resolves when it answers; rejects with the operator's problem where it never will. */
  async ready(): Promise<void> {
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('it was not ready in two minutes'), READY_MS_MAX);
    });
    const problem = await Promise.race([this.#opening, late]);
    if (timer !== null) clearTimeout(timer);
    if (problem !== null) throw new ConfigProblem(['guards'], `a guard of type onnx: ${problem}`);
  }

  open(signal: AbortSignal): ClassifierTalk {
    const untilMs = performance.now() + this.#options.timeoutMs;
    return { classify: (text) => this.#ask(text, untilMs, signal) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#opened('it was closed first');
    this.#refuseAll();
    const worker = this.#worker;
    this.#drop();
    await worker?.terminate();
  }

  #ask(text: string, untilMs: number, signal: AbortSignal): Promise<readonly number[]> {
    const restMs = untilMs - performance.now();
    // The verdict has fallen without us, or there is nobody to ask.
    if (restMs <= 0 || signal.aborted || !this.#isReady) return Promise.reject(unanswered());
    if (this.#waiting.size >= this.#options.thread.queueMax) return Promise.reject(unanswered());
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const id = this.#lastId;
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(id);
      };
      const giveUp = (): void => {
        end();
        reject(unanswered());
      };
      const timer = setTimeout(giveUp, restMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.set(id, {
        id,
        text,
        resolve: (scores) => {
          end();
          resolve(scores);
        },
        reject: (reason) => {
          end();
          reject(reason);
        },
      });
      this.#next();
    });
  }

  /** In the order in which they came; one that was given up is not there any more. */
  #next(): void {
    const worker = this.#worker;
    if (this.#running !== null || !this.#isReady || worker === null) return;
    for (const waiting of this.#waiting.values()) {
      this.#running = waiting;
      this.#hang = setTimeout(() => {
        this.#options.onEvent('the thread of a classifier hangs');
        this.#failed(worker);
      }, this.#options.timeoutMs + HANG_MS).unref();
      // A thread has no origin: the rule is about windows of browsers.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage({ id: waiting.id, text: waiting.text });
      return;
    }
  }

  #start(): void {
    this.#restart = null;
    const { thread, entry, onEvent } = this.#options;
    const own = threadCode('classifier/classifier-thread');
    const worker = new Worker(entry ?? own.code, {
      eval: entry === undefined && own.eval,
      workerData: thread,
      // It needs no variable, and those of the gateway are secrets.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: thread.heapMbMax },
      // What a runtime prints may quote what it reads. Nobody listens: it stays in the thread, within
      // its memory. To read and drop it would keep the process from ending.
      stdout: true,
      stderr: true,
    });
    this.#worker = worker;
    worker.on('message', (said: Said) => {
      if (worker === this.#worker) this.#heard(said, worker);
    });
    worker.on('error', () => {
      // An error of the thread may quote the text; that it ended is known by its exit.
    });
    worker.on('exit', () => {
      if (worker !== this.#worker) return;
      onEvent('the thread of a classifier ended');
      this.#failed(worker);
    });
    // After its listeners, which would hold the process again.
    worker.unref();
  }

  #heard(said: Said, worker: Worker): void {
    switch (said.kind) {
      case 'ready':
        this.#isReady = true;
        this.#opened(null);
        this.#next();
        return;
      case 'unfit':
        this.#opened(said.problem);
        this.#options.onEvent(said.problem);
        this.#failed(worker);
        return;
      case 'scores':
      case 'failed':
        this.#answered(said);
    }
  }

  #answered(said: Extract<Said, { readonly id: number }>): void {
    const running = this.#running;
    if (running?.id !== said.id) return;
    this.#running = null;
    if (this.#hang !== null) clearTimeout(this.#hang);
    if (said.kind === 'scores') {
      this.#failures = 0;
      running.resolve(said.scores);
    } else running.reject(unanswered());
    this.#next();
  }

  /** This thread is over. What it was asked is answered by nobody; the next one begins afresh. */
  #failed(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#drop();
    this.#refuseAll();
    worker.terminate().catch(() => {
      // It is over already.
    });
    this.#opened('its thread ended before it was ready');
    if (this.#isClosed || this.#restart !== null) return;
    const waitMs = Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#restart = setTimeout(() => this.#start(), waitMs).unref();
  }

  #drop(): void {
    this.#worker = null;
    this.#isReady = false;
    this.#running = null;
    if (this.#hang !== null) clearTimeout(this.#hang);
  }

  #refuseAll(): void {
    for (const { reject } of this.#waiting.values()) reject(unanswered());
  }
}

const unanswered = (): Error => new Error('the classifier has not answered');
