import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cursorPath, readCursor, sinkNameOf, writeCursor } from './cursor-file.ts';
import { Settled } from './settled.ts';

const cursorAt = (seq: number) => ({ positions: new Map([['main', seq]]), treeSize: seq });

test('a cursor reads back as it was written, private, with nothing left beside it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-cursor-'));
  const path = cursorPath(dir, 'siem');
  assert.equal(await readCursor(path), 'none');
  for (const seq of [1, 2, 3]) await writeCursor(path, cursorAt(seq), 0);
  assert.deepEqual(await readCursor(path), cursorAt(3));
  assert.deepEqual(readdirSync(join(dir, 'sinks')), ['siem.cursor.json']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(sinkNameOf('siem.cursor.json'), 'siem');
  for (const text of [
    '',
    '{',
    '{"v":2}',
    '{"v":1,"writers":{"main":"1"}}',
    '{"v":1,"writers":{"../x":1}}',
  ]) {
    writeFileSync(path, text);
    assert.equal(await readCursor(path), 'unreadable', text);
  }
  rmSync(dir, { recursive: true });
});

test('what was taken counts as kept when its time is over, and a failure takes back the rest', () => {
  const settled = new Settled(cursorAt(0), 10_000);
  settled.add(cursorAt(1), 0);
  settled.add(cursorAt(2), 5_000);
  assert.deepEqual(settled.at(9_999), cursorAt(0));
  assert.deepEqual(settled.at(10_000), cursorAt(1));
  settled.reset(settled.at(12_000));
  assert.deepEqual(settled.at(1e9), cursorAt(1));
  for (let step = 0; step < 5_000; step += 1) settled.add(cursorAt(step), step);
  assert.deepEqual(settled.at(1e9), cursorAt(4_999));
});

test('without such a time an answer counts at once', () => {
  const settled = new Settled(cursorAt(0), 0);
  settled.add(cursorAt(7), 100);
  assert.deepEqual(settled.at(100), cursorAt(7));
});
