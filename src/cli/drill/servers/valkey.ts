/** A Valkey or Redis server of the drill's own, on a free port; it keeps nothing on the disk. */
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { Fault } from '#domain/fault.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { type Child, startChild } from '../child.ts';
import { within } from '../wait.ts';
import { findProgram, freePort } from './find.ts';

const START_MS_MAX = 15_000;
const ANSWER_MS_MAX = 5_000;

const program = (): string | null => findProgram('valkey-server', 'redis-server');

export const hasValkey = (): boolean => program() !== null;

export class DrillValkey {
  readonly #dir: string;
  readonly port: number;
  readonly password: string;
  #child: Child | null = null;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.port = port;
    this.password = randomBase62(24);
  }

  static async open(into: string): Promise<DrillValkey> {
    const dir = join(into, 'valkey');
    mkdirSync(dir, { mode: 0o700 });
    const own = new DrillValkey(dir, await freePort());
    await own.start();
    return own;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Again after it was killed: with nothing of what it had. */
  async start(): Promise<void> {
    if (this.#child !== null && !this.#child.isOver) return;
    const path = program();
    if (path === null) throw new Fault('internal', 'no Valkey here');
    this.#child = await startChild([
      path,
      ...Object.entries({
        '--port': String(this.port),
        '--bind': '127.0.0.1',
        '--dir': this.#dir,
        '--save': '',
        '--appendonly': 'no',
        '--requirepass': this.password,
      }).flat(),
    ]);
    const isUp = await within(START_MS_MAX, async () => (await this.ask('PING')).includes('PONG'));
    if (!isUp) throw new Fault('internal', 'a Valkey server did not start');
  }

  /** One command, and the text of its answer. Rejects where there is none. */
  ask(...words: readonly string[]): Promise<string> {
    const command = (each: readonly string[]): string =>
      `*${each.length}\r\n${each.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1');
      let text = '';
      const failed = (): void => {
        socket.destroy();
        reject(new Fault('internal', 'a Valkey server did not answer'));
      };
      socket.setTimeout(ANSWER_MS_MAX, failed);
      socket.once('error', failed);
      socket.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        // The answer to AUTH, and the one that was asked for.
        if (text.split('\r\n').length < 3) return;
        socket.destroy();
        resolve(text);
      });
      socket.write(command(['AUTH', this.password]) + command(words));
    });
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  hang(): void {
    this.#child?.signal('SIGSTOP');
  }

  goOn(): void {
    this.#child?.signal('SIGCONT');
  }

  /** As it was before a scenario, whatever has become of it. */
  async mend(): Promise<void> {
    this.goOn();
    await this.start();
    await this.ask('CONFIG', 'SET', 'maxmemory', '0');
  }

  async close(): Promise<void> {
    await this.kill();
  }
}
