/** Runs a command in this process, in a folder of its own: for the tests of commands. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { isJsonObject, parseJson } from '#stdx/json.ts';

import { runProgram } from './program.ts';

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliWorld {
  readonly stdin?: string | Iterable<string | Buffer> | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  /** Called with each piece of stdout as it comes. */
  readonly onOutput?: (piece: string) => void;
}

/** A folder with this `llmproxy.yaml`, and how to run commands in it. */
export class CliFolder {
  readonly dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-cli-'));

  constructor(config: string | null = null) {
    if (config !== null) this.write('llmproxy.yaml', config);
  }

  write(name: string, content: string | Buffer): void {
    fs.writeFileSync(join(this.dir, name), content);
  }

  read(name: string): string {
    return fs.readFileSync(join(this.dir, name), 'utf8');
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  async run(args: readonly string[], world: CliWorld = {}): Promise<CliRun> {
    const { stdin = '', env = {}, isTerminal = false, signal, onOutput } = world;
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    if (onOutput !== undefined) stdout.on('data', (piece: Buffer) => onOutput(piece.toString()));
    const outputs = Promise.all([text(stdout), text(stderr)]);
    const code = await runProgram(args, {
      stdin:
        stdin instanceof Readable
          ? stdin
          : Readable.from(typeof stdin === 'string' ? [stdin] : stdin),
      stdout,
      stderr,
      env,
      cwd: this.dir,
      isTerminal,
      ...(signal !== undefined && { signal }),
    });
    stdout.end();
    stderr.end();
    const [out, err] = await outputs;
    return { code, out, err };
  }

  remove(): void {
    fs.rmSync(this.dir, { recursive: true });
  }
}

export const jsonLines = (out: string): Record<string, unknown>[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value = parseJson(line);
      assert.ok(isJsonObject(value), `a JSON object a line: ${line}`);
      return value;
    });
