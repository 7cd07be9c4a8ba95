import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { loadPeppers } from './peppers.ts';

let dir = '';
beforeEach(() => {
  dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-pepper-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true }));

const file = (): string => join(dir, 'pepper');

test('the first start makes a pepper, private, and every later one reads it', () => {
  const first = loadPeppers(dir);
  assert.equal(first.newest, 1);
  assert.equal(first.of(1).length, 32);
  assert.equal(fs.statSync(file()).mode & 0o777, 0o600);
  assert.deepEqual(loadPeppers(dir).of(1), first.of(1));
  assert.deepEqual(fs.readdirSync(dir), ['pepper']);
});

test('two folders have two peppers', () => {
  const other = join(dir, 'other');
  assert.notDeepEqual(loadPeppers(dir).of(1), loadPeppers(other).of(1));
});

test('an older version stays readable beside the newest', () => {
  const before = loadPeppers(dir);
  fs.appendFileSync(file(), `${JSON.stringify({ version: 2, pepper: 'ab'.repeat(32) })}\n`);
  const peppers = loadPeppers(dir);
  assert.equal(peppers.newest, 2);
  assert.deepEqual(peppers.of(1), before.of(1));
});

test('a pepper that others can read is refused', () => {
  loadPeppers(dir);
  for (const mode of [0o644, 0o640, 0o604]) {
    fs.chmodSync(file(), mode);
    assert.throws(() => loadPeppers(dir), ConfigProblem);
  }
});

test('a damaged file is refused and not quoted: no key becomes unknown without a word', () => {
  loadPeppers(dir);
  const good = fs.readFileSync(file(), 'utf8');
  const pepper = 'cd'.repeat(32);
  for (const bad of [
    '',
    'x\n',
    `${good}{"version":1,"pepper":"${pepper}"}\n`,
    `{"version":2,"pepper":"${pepper}ef"}\n`,
  ]) {
    fs.writeFileSync(file(), bad);
    assert.throws(
      () => loadPeppers(dir),
      (thrown) => thrown instanceof ConfigProblem && !thrown.message.includes(pepper),
    );
  }
});
