/** A PostgreSQL server of the drill's own, in a folder and on a free port of its own. It does not run as root. */
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { Fault } from '#domain/fault.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { openPostgres, type Row } from '#storage/postgres/postgres.ts';

import { type Child, type ChildOptions, runChild, startChild } from '../child.ts';
import { atEnd } from '../ending.ts';
import { within } from '../wait.ts';
import { findProgram, freePort } from './find.ts';

const MAKE_MS_MAX = 60_000;
const START_MS_MAX = 30_000;
const SETTINGS = ['fsync=off', 'max_connections=100', 'listen_addresses=127.0.0.1'];

type Owner = Pick<ChildOptions, 'uid' | 'gid'>;

export class DrillPostgres {
  readonly #bin: string;
  readonly #dir: string;
  readonly #owner: Owner;
  readonly #port: number;
  readonly #password: string;
  readonly #forget: () => void;
  #child: Child | null = null;
  #count = 0;

  private constructor(bin: string, dir: string, owner: Owner, port: number) {
    this.#bin = bin;
    this.#dir = dir;
    this.#owner = owner;
    this.#port = port;
    this.#password = randomBase62(24);
    this.#forget = atEnd(this.#remove);
  }

  static async open(): Promise<DrillPostgres> {
    const program = findProgram('postgres');
    const owner = await ownerOf();
    if (program === null || owner === null) throw new Fault('internal', 'no PostgreSQL here');
    // Apart from the drill's own folder, which whoever runs the server may not enter.
    const dir = mkdtempSync(join(tmpdir(), 'llmproxy-drill-postgres-'));
    const own = new DrillPostgres(dirname(program), dir, owner, await freePort());
    try {
      await own.#make();
      await own.start();
    } catch (thrown) {
      await own.close();
      throw thrown;
    }
    return own;
  }

  get port(): number {
    return this.#port;
  }

  async #make(): Promise<void> {
    const passwordFile = join(this.#dir, 'password');
    writeFileSync(passwordFile, this.#password, { mode: 0o600 });
    const { uid, gid } = this.#owner;
    if (uid !== undefined && gid !== undefined) {
      for (const path of [this.#dir, passwordFile]) chownSync(path, uid, gid);
    }
    const data = join(this.#dir, 'data');
    const flags = ['-U', 'llmproxy', '-A', 'scram-sha-256', '-E', 'UTF8', '-N'];
    const { code } = await runChild(
      [join(this.#bin, 'initdb'), '-D', data, '--pwfile', passwordFile, ...flags],
      { ...this.#owner, deadlineMs: MAKE_MS_MAX },
    );
    if (code !== 0) throw new Fault('internal', 'a PostgreSQL server could not be made');
  }

  /** Again after it was stopped: with what it had. */
  async start(): Promise<void> {
    if (this.#child !== null && !this.#child.isOver) return;
    const settings = [...SETTINGS, `port=${this.#port}`, `unix_socket_directories=${this.#dir}`];
    this.#child = await startChild(
      [
        join(this.#bin, 'postgres'),
        '-D',
        join(this.#dir, 'data'),
        ...settings.flatMap((one) => ['-c', one]),
      ],
      this.#owner,
    );
    const isUp = await within(START_MS_MAX, async () => {
      await this.run(this.urlOf('postgres'), 'SELECT 1');
      return true;
    });
    if (!isUp) throw new Fault('internal', 'a PostgreSQL server did not start');
  }

  urlOf(database: string): string {
    return `postgres://llmproxy:${this.#password}@127.0.0.1:${this.#port}/${database}`;
  }

  /** A database of one scenario, with a role that is no superuser. */
  async database(): Promise<string> {
    this.#count += 1;
    const name = `drill${this.#count}`;
    const admin = this.urlOf('postgres');
    // A constant of ours, and characters of base 62.
    await this.run(admin, `CREATE ROLE ${name} LOGIN PASSWORD '${this.#password}'`);
    await this.run(admin, `CREATE DATABASE ${name} OWNER ${name}`);
    const url = new URL(this.urlOf(name));
    url.username = name;
    return url.href;
  }

  /** A statement of the superuser, on the database of an address. */
  async run(address: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    const url = new URL(address);
    url.username = 'llmproxy';
    url.port = String(this.#port);
    const link = await openPostgres(url.href, { connectionsMax: 1, statementMs: 10_000 });
    try {
      return await link.query(text, values);
    } finally {
      await link.close();
    }
  }

  /** As `pg_ctl stop -m immediate` does: at once, with nothing written. */
  async stopAtOnce(): Promise<void> {
    const child = this.#child;
    child?.signal('SIGQUIT');
    await child?.exited;
  }

  hang(): void {
    this.#child?.signalAll('SIGSTOP');
  }

  goOn(): void {
    this.#child?.signalAll('SIGCONT');
  }

  /** As it was before a scenario, whatever has become of it. */
  async mend(): Promise<void> {
    this.goOn();
    await this.start();
    await this.setting('default_transaction_read_only', 'off');
  }

  /** `value`: `on` or `off`. */
  async setting(name: 'default_transaction_read_only', value: 'on' | 'off'): Promise<void> {
    const admin = this.urlOf('postgres');
    // It writes a file of the server and no row: a server that takes no writes takes this.
    await this.run(admin, `ALTER SYSTEM SET ${name} = ${value}`);
    await this.run(admin, 'SELECT pg_reload_conf()');
  }

  async close(): Promise<void> {
    await this.#child?.kill();
    this.#remove();
    this.#forget();
  }

  readonly #remove = (): void => rmSync(this.#dir, { recursive: true, force: true });
}

/** As root: the user that the package brings. Null: there is none, and `initdb` refuses root. */
async function ownerOf(): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return {};
  const number = async (flag: string): Promise<number> => {
    const { code, out } = await runChild(['id', flag, 'postgres'], { deadlineMs: 5_000 });
    return code === 0 ? Number(out.trim()) : Number.NaN;
  };
  const [uid, gid] = [await number('-u'), await number('-g')];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : null;
}

/** Whether one can be started here. */
export const hasPostgres = async (): Promise<boolean> =>
  findProgram('postgres') !== null && (await ownerOf()) !== null;
