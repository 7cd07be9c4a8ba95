import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import * as fc from 'fast-check';

import { diskFiles } from '../file-port.ts';
import { type Digest, EMPTY_ROOT, fromBase64, leafDigest, nodeDigest, toBase64 } from './digest.ts';
import { Frontier } from './frontier.ts';
import { provesConsistency, provesInclusion } from './proofs.ts';
import { tilePath } from './tile.ts';
import { TileFiles } from './tile-files.ts';
import { TreeReader } from './tree-reader.ts';
import { TreeWriter } from './tree-writer.ts';

const dir = mkdtempSync(join(tmpdir(), 'merkle-test-'));
after(() => rmSync(dir, { recursive: true }));

/** RFC 6962, 2.1, word for word: the oracle. */
function rootOf(entries: readonly string[]): Digest {
  const [only] = entries;
  if (only === undefined) return hash('sha256', '', 'binary');
  if (entries.length === 1) return leafDigest(only);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return nodeDigest(rootOf(entries.slice(0, split)), rootOf(entries.slice(split)));
}

const hex = (digest: Digest): string => Buffer.from(digest, 'binary').toString('hex');

test('the roots of the tree that Certificate Transparency tests with', () => {
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((text) => Buffer.from(text, 'hex').toString('binary'));
  const frontier = new Frontier();
  assert.equal(hex(EMPTY_ROOT), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  for (const leaf of leaves) frontier.push(leafDigest(leaf));
  const root = '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328';
  assert.equal(hex(frontier.root()), root);
  assert.equal(hex(rootOf(leaves)), root);
});

test('a leaf is not a node', () => {
  const [left, right] = [leafDigest('a'), leafDigest('b')];
  assert.notEqual(leafDigest(left + right), nodeDigest(left, right));
});

test('the frontier has the root at every size', () => {
  const entries = Array.from({ length: 300 }, (_, at) => `entry ${at}`);
  const frontier = new Frontier();
  for (const [at, entry] of entries.entries()) {
    frontier.push(leafDigest(entry));
    assert.equal(frontier.root(), rootOf(entries.slice(0, at + 1)));
  }
});

test('tiles are named as tlog-tiles has it', () => {
  assert.equal(tilePath({ level: 0, index: 0, width: 256 }), 'tile/0/000');
  assert.equal(tilePath({ level: 2, index: 1_234_067, width: 256 }), 'tile/2/x001/x234/067');
  assert.equal(tilePath({ level: 'entries', index: 5, width: 17 }), 'tile/entries/005.p/17');
});

const SIZE = 70_000;
const entryAt = (at: number): string => `main ${at + 1} ${hash('sha256', String(at), 'hex')}`;
const tiles = new TileFiles(diskFiles, dir);
/** Roots at sizes where a checkpoint was made: restarts in between, as a gateway does. */
const roots = new Map<number, Digest>();

test('a log that is written in pieces, with restarts, has the roots of the oracle', async () => {
  const frontier = new Frontier();
  let writer = TreeWriter.at(tiles, 0);
  const stops = [0, 1, 2, 3, 255, 256, 257, 511, 513, 5_000, 65_535, 65_536, 65_537, SIZE];
  for (const stop of stops) {
    while (writer.size < stop) {
      frontier.push(leafDigest(entryAt(writer.size)));
      writer.append(entryAt(writer.size));
    }
    await writer.save();
    assert.equal(writer.root(), frontier.root(), `${stop}`);
    roots.set(stop, writer.root());
    writer = TreeWriter.at(tiles, stop);
    assert.equal(writer.root(), frontier.root(), `${stop} after a restart`);
    assert.equal(new TreeReader(tiles, stop).root(), frontier.root(), `${stop} from tiles`);
  }
  assert.deepEqual(tiles.entries(273, 112).at(-1), entryAt(SIZE - 1));
});

test('every entry proves that it is in every later tree, and in no other place', () => {
  const sizes = [...roots.keys()].filter((size) => size > 0);
  fc.assert(
    fc.property(
      fc.constantFrom(...sizes),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (size, share) => {
        const index = Math.floor(share * size);
        const claim = {
          index,
          size,
          leaf: leafDigest(entryAt(index)),
          path: new TreeReader(tiles, size).inclusion(index),
          root: roots.get(size) ?? '',
        };
        assert.ok(provesInclusion(claim));
        assert.ok(!provesInclusion({ ...claim, leaf: leafDigest('another') }));
        assert.ok(!provesInclusion({ ...claim, index: index + 1 }));
        assert.ok(!provesInclusion({ ...claim, path: [...claim.path, EMPTY_ROOT] }));
        if (claim.path.length > 0)
          assert.ok(!provesInclusion({ ...claim, path: claim.path.slice(1) }));
      },
    ),
    { numRuns: 300 },
  );
});

test('every tree proves that it goes on from every earlier one', () => {
  for (const [newSize, newRoot] of roots) {
    for (const [oldSize, oldRoot] of roots) {
      if (oldSize > newSize) continue;
      const path = new TreeReader(tiles, newSize).consistency(oldSize);
      const claim = { oldSize, newSize, oldRoot, newRoot, path };
      assert.ok(provesConsistency(claim), `${oldSize} to ${newSize}`);
      if (oldSize === 0 || oldSize === newSize) continue;
      assert.ok(!provesConsistency({ ...claim, oldRoot: EMPTY_ROOT }));
      assert.ok(!provesConsistency({ ...claim, newRoot: EMPTY_ROOT }));
      assert.ok(!provesConsistency({ ...claim, oldSize: oldSize - 1 }));
      assert.ok(!provesConsistency({ ...claim, path: path.slice(0, -1) }));
      assert.ok(!provesConsistency({ ...claim, path: [...path, EMPTY_ROOT] }));
    }
  }
});

test('base64 of a digest is read back, and nothing else is', () => {
  assert.equal(fromBase64(toBase64(EMPTY_ROOT)), EMPTY_ROOT);
  for (const text of ['', 'AAAA', `${toBase64(EMPTY_ROOT)}=`, '!'.repeat(44)])
    assert.equal(fromBase64(text), undefined);
});
