/**
 * Processes of a drill: gateways, and servers that they depend on. The only file of the program that
 * starts any; it is loaded by `llmproxy drill` and never by a gateway, and it starts nothing but what
 * the drill names. Each is ended by its id, and none outlives the drill.
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { atEnd } from './ending.ts';

/** What is kept of an output: the last of it says why. */
const KEPT_CHARS = 20_000;

export interface ChildOptions {
  /** All of it: nothing of who runs the drill is inherited but `PATH` and where Node keeps what it compiled. */
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}

export class Child {
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;
  #isOver = false;
  #out = '';
  #err = '';
  #onOut = (): void => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out = (this.#out + text).slice(-KEPT_CHARS);
      this.#onOut();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err = (this.#err + text).slice(-KEPT_CHARS);
    });
    const forget = atEnd(() => {
      this.signalAll('SIGCONT');
      this.signal('SIGKILL');
    });
    this.exited = new Promise((resolve) => {
      const over = (code: number | null): void => {
        this.#isOver = true;
        forget();
        this.#onOut();
        resolve(code);
      };
      child.once('exit', over);
      // It could not be started.
      child.once('error', () => over(null));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#isOver) this.#child.kill(name);
  }

  /** With the processes that it has started, which go on without it. */
  signalAll(name: NodeJS.Signals): void {
    if (this.#isOver) return;
    const own = childrenOf(this.pid);
    this.signal(name);
    for (const pid of own) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** The first line that it says; null: it ended, or said none in time. */
  async line(deadlineMs: number): Promise<string | null> {
    const untilMs = performance.now() + deadlineMs;
    while (!this.#out.includes('\n') && !this.#isOver && performance.now() < untilMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, untilMs - performance.now()));
        this.#onOut = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#out.includes('\n') ? (this.#out.split('\n')[0] ?? null) : null;
  }

  /** Ends it, whatever it does and however it was stopped. */
  async kill(): Promise<void> {
    if (this.#isOver) return;
    this.signalAll('SIGCONT');
    this.signal('SIGKILL');
    await this.exited;
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(' ').filter(Boolean).map(Number);
  } catch {
    // Not on this system, or it is over.
    return [];
  }
}

export async function startChild(
  [program = '', ...args]: readonly string[],
  { env = {}, uid, gid }: ChildOptions = {},
): Promise<Child> {
  const { spawn } = await import('node:child_process');
  const { PATH = '/usr/bin:/bin', NODE_COMPILE_CACHE: cache } = process.env;
  const child = spawn(program, args, {
    env: { PATH, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  return new Child(child);
}

export interface Ran {
  /** Null: it had to be ended, or could not be started. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** To its end, or to the deadline. */
export async function runChild(
  command: readonly string[],
  options: ChildOptions & { readonly deadlineMs: number },
): Promise<Ran> {
  const child = await startChild(command, options);
  const timer = setTimeout(() => child.signal('SIGKILL'), options.deadlineMs);
  const code = await child.exited;
  clearTimeout(timer);
  return { code, out: child.out, err: child.err };
}
