/** What a command may use of the world, so that a test runs it in its own process. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

export interface CliContext {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** People are reading and typing: questions may be asked, progress may be shown. */
  readonly isTerminal: boolean;
  /** Ends what goes on until it is stopped (`audit tail --follow`). */
  readonly signal?: AbortSignal;
}

/** 0 done; 1 a problem, said on stderr; 2 wrong usage. `audit verify` has its own. */
export const EXIT = { ok: 0, problem: 1, usage: 2 } as const;

/** Ends a command with an exit code and, where there is one, a sentence on stderr. */
export class CliExit extends Error {
  override readonly name = 'CliExit';
  readonly exitCode: number;

  constructor(exitCode: number, message = '') {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A reader that is slow slows us: what waits in memory is one piece. */
export async function write(out: Writable, text: string): Promise<void> {
  if (text !== '' && !out.write(text)) await once(out, 'drain');
}

export const writeJson = (out: Writable, value: unknown): Promise<void> =>
  write(out, `${JSON.stringify(value)}\n`);

/** For an option that may be given again. */
export const several = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

/** Text of others on a terminal: control characters could move the cursor and forge lines. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

const PROGRESS_EVERY_MS = 200;

/** One line on stderr that replaces itself; nothing when nobody looks. */
export class Progress {
  readonly #context: CliContext;
  readonly #unit: string;
  #count = 0;
  #shownMs = 0;

  constructor(context: CliContext, unit: string) {
    this.#context = context;
    this.#unit = unit;
  }

  step(count = 1): void {
    this.#count += count;
    if (!this.#context.isTerminal) return;
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < PROGRESS_EVERY_MS) return;
    this.#shownMs = nowMs;
    this.#context.stderr.write(`\r${this.#count} ${this.#unit}\u001B[K`);
  }

  end(): void {
    if (this.#context.isTerminal && this.#shownMs > 0) this.#context.stderr.write('\r\u001B[K');
  }
}
