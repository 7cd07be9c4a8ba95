import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { lockDataFolder, lockWriter } from './data-folder.ts';

const root = fs.mkdtempSync(join(tmpdir(), 'data-folder-'));
after(() => fs.rmSync(root, { recursive: true }));

test('one gateway a data folder: the second is told which folder and what to do', () => {
  const dir = join(root, 'one');
  const lock = lockDataFolder(dir);
  assert.throws(
    () => lockDataFolder(dir),
    (thrown) =>
      thrown instanceof ConfigProblem &&
      thrown.message.includes(dir) &&
      /stop it/u.test(thrown.message),
  );
  lock.release();
  lock.release();
  lockDataFolder(dir).release();
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700);
});

test('the lock of a process that was killed is free', async () => {
  const dir = join(root, 'killed');
  const program = `import { lockDataFolder } from ${JSON.stringify(new URL('data-folder.ts', import.meta.url).href)};
    lockDataFolder(${JSON.stringify(dir)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: new URL('../../', import.meta.url),
  });
  await once(child.stdout, 'data');
  assert.throws(() => lockDataFolder(dir), ConfigProblem);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDataFolder(dir).release();
});

test('one process a writer', () => {
  const path = join(root, 'writer-a.lock');
  const lock = lockWriter(path);
  assert.throws(() => lockWriter(path), ConfigProblem);
  lock.release();
});
