import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import type { Loaded } from './load.ts';
import { type ConfigWatch, watchConfig } from './watch.ts';

const LATE_MS = 5_000;
let dir = '';
let file = '';
let watch: ConfigWatch | null = null;
let seen: Loaded[] = [];
let wake: () => void = () => {};

beforeEach(() => {
  dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-watch-'));
  file = join(dir, 'llmproxy.yaml');
  fs.writeFileSync(file, 'guards: []\n');
  seen = [];
});
afterEach(async () => {
  await watch?.close();
  fs.rmSync(dir, { recursive: true });
});

function start(onCandidate: (loaded: Loaded) => void = () => {}): void {
  watch = watchConfig(file, {
    env: {},
    onCandidate(loaded) {
      seen.push(loaded);
      wake();
      onCandidate(loaded);
    },
    onError: (thrown) => errors.push(thrown),
  });
}
const errors: unknown[] = [];

async function candidates(count: number): Promise<void> {
  const endMs = performance.now() + LATE_MS;
  while (seen.length < count) {
    assert.ok(performance.now() < endMs, `${seen.length} of ${count} candidates came in time`);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 50);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

test('a change in place is a candidate; so is one that an editor renames into place', async () => {
  start();
  fs.writeFileSync(file, 'guards: []\nlimits: [{ name: a, requests: 1/1s }]\n');
  await candidates(1);
  const fresh = join(dir, '.llmproxy.yaml.swp');
  fs.writeFileSync(fresh, 'guards: []\nlimits: [{ name: b, requests: 1/1s }]\n');
  fs.renameSync(fresh, file);
  await candidates(2);
  fs.writeFileSync(file, 'guards: []\nlimits: [{ name: c, requests: 1/1s }]\n');
  await candidates(3);
  const names = seen.map((loaded) => (loaded.ok ? loaded.config.limits[0]?.name : null));
  assert.deepEqual(names, ['a', 'b', 'c']);
});

test('a wrong file is a candidate with its problems, and watching goes on', async () => {
  start();
  fs.writeFileSync(file, 'gards: []\n');
  await candidates(1);
  fs.writeFileSync(file, 'guards: [] # again\n');
  await candidates(2);
  assert.deepEqual(
    seen.map(({ ok }) => ok),
    [false, true],
  );
});

test('SIGHUP loads again, changed or not', async () => {
  start();
  process.kill(process.pid, 'SIGHUP');
  await candidates(1);
  assert.equal(seen[0]?.ok, true);
});

test('a caller that throws is told, and does not end the watching', async () => {
  start(() => {
    throw new TypeError('our bug');
  });
  fs.writeFileSync(file, 'guards: [] # 1\n');
  await candidates(1);
  fs.writeFileSync(file, 'guards: [] # 2\n');
  await candidates(2);
  assert.ok(errors.length >= 1);
});

test('the same text written again is no candidate, and none comes after the end', async () => {
  start();
  fs.writeFileSync(file, 'guards: []\n');
  fs.writeFileSync(file, 'guards: [] # new\n');
  await candidates(1);
  await watch?.close();
  fs.writeFileSync(file, 'guards: [] # newer\n');
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(seen.length, 1);
});
