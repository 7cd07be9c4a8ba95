/** A PostgreSQL server of this test's own, in a temporary folder. It does not run as root. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { randomBase62 } from '#stdx/base62.ts';
import { openPostgres, type Row } from '#storage/postgres/postgres.ts';

import { eventually, freePort, programOf } from './programs.ts';

export interface TestPostgres {
  readonly url: string;
  /** A database of one test. */
  database(): Promise<string>;
  /** The same for a role that is no superuser and owns nothing else: what walls are tried against. */
  plainDatabase(): Promise<string>;
  /** A statement of the superuser, on the database of an address. */
  run(url: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  signal(name: NodeJS.Signals): void;
  /** The server with the processes of its connections, which go on without it. */
  signalAll(name: NodeJS.Signals): void;
  /** Ends as a crash does, with every process of it, and begins again from what it had written. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** As root: the user that the package brings, which `initdb` accepts. */
function ownerOf(): Owner {
  if (process.getuid?.() !== 0) return {};
  const number = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim());
  return { uid: number('-u'), gid: number('-g') };
}

export async function openTestPostgres(): Promise<TestPostgres> {
  const bin = dirname(await programOf('/usr/lib/postgresql/*/bin/postgres', 'postgresql'));
  const owner = ownerOf();
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-postgres-'));
  const password = randomBase62(24);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [folder, passwordFile]) {
    if (owner.uid !== undefined && owner.gid !== undefined) chownSync(path, owner.uid, owner.gid);
  }
  const data = join(folder, 'data');
  const made = spawnSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'llmproxy',
      '--pwfile',
      passwordFile,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '-N',
    ],
    { ...owner, stdio: 'ignore' },
  );
  if (made.status !== 0) throw new Error('initdb failed');
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
  ];
  const options = [...settings, 'fsync=off', 'max_connections=100'].flatMap((one) => ['-c', one]);
  const begun = (): ChildProcess =>
    spawn(join(bin, 'postgres'), ['-D', data, ...options], { ...owner, stdio: 'ignore' });
  let child = begun();
  const urlOf = (database: string): string =>
    `postgres://llmproxy:${password}@127.0.0.1:${port}/${database}`;
  const admin = await openPostgres(urlOf('postgres'), { connectionsMax: 1, statementMs: 10_000 });
  await eventually(() => admin.query('SELECT 1'), 20_000);
  let count = 0;
  const signalAll = (name: NodeJS.Signals): void => {
    const { pid = 0 } = child;
    const own = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    child.kill(name);
    for (const each of own.filter((text) => text !== '')) {
      try {
        process.kill(Number(each), name);
      } catch {
        // A process of the server that has ended meanwhile, as those that clean up do.
      }
    }
  };
  return {
    url: urlOf('postgres'),
    async database() {
      count += 1;
      await admin.query(`CREATE DATABASE test${count}`);
      return urlOf(`test${count}`);
    },
    async plainDatabase() {
      count += 1;
      const name = `plain${count}`;
      await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}' NOSUPERUSER NOBYPASSRLS`);
      await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
      const url = new URL(urlOf(name));
      url.username = name;
      return url.href;
    },
    async run(url, text, values) {
      const own = new URL(url);
      own.username = 'llmproxy';
      const link = await openPostgres(own.href, { connectionsMax: 1, statementMs: 10_000 });
      try {
        return await link.query(text, values);
      } finally {
        await link.close();
      }
    },
    signal: (name) => child.kill(name),
    signalAll,
    async restart() {
      const ended = once(child, 'exit');
      child.kill('SIGQUIT');
      await ended;
      child = begun();
      await eventually(() => admin.query('SELECT 1'), 20_000);
    },
    async close() {
      await admin.close();
      const ended = once(child, 'exit');
      if (child.exitCode === null) signalAll('SIGCONT');
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
