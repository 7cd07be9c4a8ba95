import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';

import type { Hold } from '../contents.ts';
import { openContents } from './contents.ts';

const holdOf = (id: string, isOfPlatform: boolean): Hold => ({
  id,
  tenant: 'acme',
  user: null,
  reason: 'a case',
  actor: 'x',
  isOfPlatform,
  atMs: 1,
});

function freshFolder(t: TestContext): string {
  const dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-contents-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  return dir;
}

test('a copy of a hold says after a restart whether the platform set it, and goes with the hold', (t) => {
  const dir = freshFolder(t);
  const [own, theirs] = [holdOf('a', false), holdOf('b', true)];
  const before = openContents(dir);
  before.copyHolds([own, theirs]);
  before.copyHolds([own, theirs]);
  before.close();
  const contents = openContents(dir);
  assert.deepEqual(contents.holds(), [own, theirs]);
  assert.deepEqual(contents.ownHolds(), []);
  contents.copyHolds([theirs]);
  assert.deepEqual(contents.holds(), [theirs]);
  // The same id again is not the tenant's because one before it was.
  contents.copyHolds([holdOf('a', true), theirs]);
  assert.deepEqual(contents.holds(), [holdOf('a', true), theirs]);
  contents.close();
});

test('a hold of a program from before, also one beside this one, is of the platform, and stays', (t) => {
  const dir = freshFolder(t);
  const add = (database: DatabaseSync, id: string): void => {
    const sql = "INSERT INTO holds VALUES (?, 'acme', NULL, 'a case', 'x', 1)";
    database.prepare(sql).run(id);
  };
  const old = new DatabaseSync(join(dir, 'content.db'));
  old.exec(`CREATE TABLE holds (
    id TEXT NOT NULL PRIMARY KEY, tenant TEXT, user TEXT, reason TEXT NOT NULL,
    actor TEXT NOT NULL, at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`);
  add(old, 'a');
  const contents = openContents(dir);
  // As after an upgrade that was taken back.
  add(old, 'b');
  old.close();
  const both = [holdOf('a', true), holdOf('b', true)];
  assert.deepEqual(contents.holds(), both);
  contents.copyHolds([holdOf('c', false)]);
  assert.deepEqual(contents.ownHolds(), both, 'nobody but the store takes them away');
  assert.deepEqual(contents.holds(), [...both, holdOf('c', false)]);
  contents.copyHolds([...both, holdOf('c', false)]);
  assert.deepEqual(contents.ownHolds(), [], 'when they are in the store they are copies');
  contents.close();
});
