/**
 * A Valkey or Redis server of this test's own, on a free port and in a temporary folder. Gateways are the
 * user that the guide gives them (docs/guides/shared-counters.md), so every test shows that it is enough.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { randomBase62 } from '#stdx/base62.ts';

import { guideNamed } from './guide.ts';
import { eventually, freePort, programOf } from './programs.ts';

/** The words of the guide's line after `user`; tests have many namespaces on one server. */
export function gatewayUser(password: string, namespace: string): readonly string[] {
  const line = /```acl\nuser (?<words>gateway .*)\n/u.exec(guideNamed('shared-counters'));
  const words = line?.groups?.['words'];
  if (words === undefined) throw new Error('the guide gives the gateway a user');
  const hash = createHash('sha256').update(password).digest('hex');
  return words.replace('SHA256', hash).replace('{llmproxy}', `{${namespace}}`).split(' ');
}

export interface TestValkey {
  readonly url: string;
  /** The same without the password, for a configuration that has it elsewhere. */
  readonly address: string;
  readonly password: string;
  /** A client of the test's own, beside the gateway's. */
  client(): Promise<Redis>;
  /** Sends a signal to the server. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process without a word, as a crash does. */
  kill(): Promise<void>;
  /** Begins again on the same port, without what it had. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function openTestValkey(...options: string[]): Promise<TestValkey> {
  const program = await programOf('/usr/bin/{valkey-server,redis-server}', 'redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-valkey-'));
  const port = await freePort();
  const password = randomBase62(24);
  const clients: Redis[] = [];
  let child: ChildProcess | null = null;
  const connect = (): Redis => {
    const client = new Redis({ host: '127.0.0.1', port, password, retryStrategy: () => 100 });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  const start = async (): Promise<void> => {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
    const quiet = ['--save', '', '--appendonly', 'no', '--requirepass', password];
    const user = ['--user', ...gatewayUser(password, '*')];
    const all = [...args, ...quiet, ...user, '--masterauth', password, ...options];
    const started = spawn(program, all, {
      stdio: 'ignore',
    });
    child = started;
    await eventually(async () => {
      const client = new Redis({ host: '127.0.0.1', port, password, lazyConnect: true });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    });
  };
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `redis://gateway:${password}@127.0.0.1:${port}/0`,
    address: `redis://gateway@127.0.0.1:${port}/0`,
    password,
    client: () => Promise.resolve(connect()),
    signal: (name) => child?.kill(name),
    kill,
    start,
    async close() {
      for (const client of clients) client.disconnect();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
