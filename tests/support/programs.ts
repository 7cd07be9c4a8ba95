/** Servers that tests start for themselves: found on this machine, or installed once. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOCK = join(tmpdir(), 'llmproxy-apt.lock');
const LOCK_MS_MAX = 300_000;

/** The path of a program. One that is missing is installed; a test without its server fails. */
export async function programOf(pattern: string, debianPackage: string): Promise<string> {
  const found = newest(pattern);
  if (found !== undefined) return found;
  await alone(() => {
    if (newest(pattern) !== undefined) return;
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const options = { env, stdio: 'ignore' } as const;
    spawnSync('apt-get', ['update'], options);
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], options);
  });
  const installed = newest(pattern);
  if (installed !== undefined) return installed;
  throw new Error(`install ${debianPackage}: this test needs ${pattern}`);
}

const newest = (pattern: string): string | undefined =>
  globSync(pattern)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);

/** Two test files that install at once would meet at the lock of the package manager. */
async function alone(run: () => void): Promise<void> {
  const untilMs = performance.now() + LOCK_MS_MAX;
  while (!tryLock() && performance.now() < untilMs) await sleep(200);
  try {
    run();
  } finally {
    if (existsSync(LOCK)) rmdirSync(LOCK);
  }
}

function tryLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Until it does not throw. */
export async function eventually<T>(run: () => Promise<T> | T, msMax = 10_000): Promise<T> {
  const untilMs = performance.now() + msMax;
  for (;;) {
    try {
      return await run();
    } catch (thrown) {
      if (performance.now() > untilMs) throw thrown;
      await sleep(20);
    }
  }
}
