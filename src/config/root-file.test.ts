import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { addRootKey, createRootFile, readRootFile, rootFileIn } from './root-file.ts';

function folder(t: TestContext): string {
  const dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-root-file-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  return rootFileIn(dir);
}

test('is made once, for this user alone, and grows at its front', (t) => {
  const path = folder(t);
  createRootFile(path);
  const first = readRootFile(path);
  createRootFile(path);
  assert.equal(readRootFile(path), first);
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  assert.equal(addRootKey(path), 2);
  const [newest = '', before] = readRootFile(path).trim().split('\n');
  assert.equal(`${before}\n`, first);
  assert.match(newest, /^\{"version":2,"key":"[0-9a-f]{64}"\}$/u);
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(join(path, '..')), ['root-key']);
});

test('a file that others may read, that is missing or too large is refused', (t) => {
  const path = folder(t);
  assert.throws(() => readRootFile(path), ConfigProblem);
  assert.throws(() => addRootKey(path), ConfigProblem);
  createRootFile(path);
  for (const mode of [0o640, 0o604, 0o660]) {
    fs.chmodSync(path, mode);
    assert.throws(() => readRootFile(path), /can be read by others/u);
    assert.throws(() => addRootKey(path), /can be read by others/u);
  }
  fs.chmodSync(path, 0o600);
  fs.appendFileSync(path, ' '.repeat(70_000));
  assert.throws(() => readRootFile(path), /too large/u);
});

test('of two commands that add a key at once, one is told', (t) => {
  const path = folder(t);
  createRootFile(path);
  fs.writeFileSync(`${path}.adding`, '');
  assert.throws(() => addRootKey(path), /another command is adding a key/u);
  assert.equal(readRootFile(path).trim().split('\n').length, 1);
});
