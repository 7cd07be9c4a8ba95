import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fullForm, tilePaths, treeSizeOf } from './tlog-paths.ts';

test('a tree that grows step by step uploads every file that it has at its end, once', () => {
  const sizes = [1, 255, 256, 257, 512, 70_000, 70_144];
  const grown: string[] = [];
  let from = 0;
  for (const to of sizes) {
    grown.push(...tilePaths(from, to));
    from = to;
  }
  assert.equal(new Set(grown).size, grown.length, 'no file twice');
  const isWhole = (path: string): boolean => !path.includes('.p/');
  const atOnce = [...tilePaths(0, from)];
  assert.deepEqual(grown.filter(isWhole).toSorted(), atOnce.filter(isWhole).toSorted());
  for (const path of atOnce) assert.ok(grown.includes(path), path);
  // 70,144 entries are 274 full tiles, one full tile above them and 18 hashes of a second.
  assert.equal(atOnce.filter((path) => path.startsWith('tile/0/')).length, 274);
  assert.deepEqual(
    atOnce.filter((path) => /^tile\/[12]\//u.test(path)),
    ['tile/1/000', 'tile/1/001.p/18', 'tile/2/000.p/1'],
  );
});

test('the size of a checkpoint is its second line', () => {
  assert.equal(treeSizeOf('example.com/log\n300\nroothash=\n\n— sig\n'), 300);
  for (const text of ['', 'one line', 'a\n03\n', 'a\n-1\n', 'a\n1e3\n']) {
    assert.equal(treeSizeOf(text), null, JSON.stringify(text));
  }
});

test('a partial tile that became full is found under the name of the full one', () => {
  assert.equal(fullForm('tile/0/x001/067.p/44'), 'tile/0/x001/067');
  assert.equal(fullForm('tile/0/067'), undefined);
});
