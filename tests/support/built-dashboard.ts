/** `web/dist` as the sources are now: built once, whichever test file comes first. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..');
export const DIST = join(ROOT, 'web', 'dist');
const LOCK = join(ROOT, 'build', 'dashboard.lock');
const LOCK_MS_MAX = 60_000;

const changedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestMs(): number {
  const sources = readdirSync(join(ROOT, 'web', 'src'), { recursive: true, encoding: 'utf8' });
  const paths = ['index.html', 'vite.config.js', ...sources.map((name) => join('src', name))];
  return Math.max(...paths.map((path) => changedMs(join(ROOT, 'web', path))));
}

function locked(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    // Another test file builds. A lock that outlived its test is taken over.
    if (Date.now() - changedMs(LOCK) > LOCK_MS_MAX) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

export async function buildDashboard(): Promise<void> {
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  while (!locked()) await delay(100);
  try {
    if (changedMs(join(DIST, 'index.html')) >= newestMs()) return;
    const built = spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.ts')]);
    assert.equal(built.status, 0, String(built.stderr));
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}
