/**
 * AUD-05 and AUD-06: a thousand alterations of a signed log, by somebody who can write every file and
 * knows the format, each found, the first bad record named. With the key in their hands as well, only
 * what was kept elsewhere finds them: an anchor.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { diskFiles } from '#audit/file-port.ts';
import { signedNote } from '#audit/merkle/signed-note.ts';
import { listSegments } from '#audit/segment.ts';
import { type Verdict, verifyLog } from '#audit/verify.ts';

import {
  altered,
  editFile,
  type Framed,
  framesOf,
  newSigner,
  rewrite,
  sequencerOf,
  type SignedLog,
  signedLog,
} from '../support/signed-log.ts';

const EACH = 84;
const VERIFIER = join(import.meta.dirname, '..', '..', 'docs', 'reference', 'verify-log.mjs');

const root = mkdtempSync(join(tmpdir(), 'aud-05-'));
after(() => rmSync(root, { recursive: true }));
let good: SignedLog;
let other: SignedLog;
let frames: Framed[] = [];
let anchor = '';
/** A seed is printed where a run fails: alterations are random. */
const seed = Math.floor(Math.random() * 2 ** 31);
let state = seed;
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return Math.floor((state / 2 ** 31) * below);
}

before(async () => {
  good = await signedLog(join(root, 'good'));
  other = await signedLog(join(root, 'other'), { user: 'eve', signer: good.signer });
  frames = framesOf(good.dir);
  anchor = good.published.at(-1)?.note ?? '';
  assert.ok(listSegments(diskFiles, good.dir).length >= 4);
  assert.ok(good.published.length >= 4);
});

const keys = (): string[] => [good.signer.key.text];
const verify = (dir: string): Verdict => verifyLog(dir, { keys: keys() });
const anchored = (dir: string): Verdict =>
  verifyLog(dir, { keys: keys(), anchorNotes: [{ name: 'vault', text: anchor }] });

const independent = (dir: string): number | null =>
  spawnSync(process.execPath, [VERIFIER, dir, ...keys()], { encoding: 'utf8' }).status;

test('the log as it was written is intact, to us and to a verifier that shares no code with us', () => {
  assert.equal(verify(good.dir).exit, 0);
  const verdict = anchored(good.dir);
  assert.equal(verdict.exit, 0);
  assert.equal(verdict.tree?.size, frames.length);
  assert.equal(verdict.tree.anchoredSize, frames.length);
  assert.equal(verdict.tree.isKeyGiven, true);
  assert.equal(independent(good.dir), 0);
});

interface Alteration {
  /** Changes the folder; says which record is the first bad one, null where no record is it. */
  readonly apply: (dir: string, at: Framed) => number | null;
  /** Records that it can be done to; left out: all but the last. */
  readonly fits?: (at: Framed) => boolean;
  readonly exits: readonly number[];
}

const seqOf = ({ fields }: Framed): number => Number(fields['seq']);
const cut = (
  bytes: Buffer,
  { offset, bytes: length }: Framed,
  instead: Buffer = Buffer.alloc(0),
): Buffer => Buffer.concat([bytes.subarray(0, offset), instead, bytes.subarray(offset + length)]);
const frameIn = (bytes: Buffer, { offset, bytes: length }: Framed): Buffer =>
  bytes.subarray(offset, offset + length);

const alterations: Readonly<Record<string, Alteration>> = {
  'edit a byte': {
    exits: [2, 3],
    apply(dir, at) {
      editFile(join(dir, at.segment), (bytes) => {
        const where = at.offset + 16 + random(at.bytes - 16);
        bytes[where] = (bytes[where] ?? 0) ^ (1 + random(255));
        return bytes;
      });
      return seqOf(at);
    },
  },
  'edit a record, and all hashes behind it': {
    exits: [2],
    apply(dir, at) {
      rewrite(
        dir,
        frames.map((frame) =>
          frame === at ? { ...frame, fields: { ...frame.fields, tenant: 'evil' } } : frame,
        ),
      );
      return seqOf(at);
    },
  },
  'delete a record': {
    exits: [2, 3],
    apply(dir, at) {
      editFile(join(dir, at.segment), (bytes) => cut(bytes, at));
      return seqOf(at);
    },
  },
  'delete a record, and number those behind it anew': {
    exits: [2, 3],
    apply(dir, at) {
      rewrite(
        dir,
        frames.filter((frame) => frame !== at),
      );
      return seqOf(at);
    },
  },
  'swap two records, with all hashes': {
    exits: [2],
    fits: (at) => frames[frames.indexOf(at) + 1]?.segment === at.segment,
    apply(dir, at) {
      const next = frames[frames.indexOf(at) + 1];
      assert.ok(next !== undefined);
      const swapped = frames.map((frame) =>
        frame === at ? { ...next, segment: at.segment } : frame === next ? { ...at } : frame,
      );
      rewrite(dir, swapped);
      return seqOf(at);
    },
  },
  'write a record twice': {
    exits: [2],
    apply(dir, at) {
      editFile(join(dir, at.segment), (bytes) =>
        Buffer.concat([
          bytes.subarray(0, at.offset + at.bytes),
          frameIn(bytes, at),
          bytes.subarray(at.offset + at.bytes),
        ]),
      );
      return null;
    },
  },
  'add a record at the end, with its hash': {
    exits: [2, 4],
    apply(dir, at) {
      rewrite(dir, [...frames, { ...at, segment: frames.at(-1)?.segment ?? '' }]);
      // What is behind a checkpoint is signed by the next one: an anchor tells of the tail.
      return null;
    },
  },
  'cut the end off': {
    exits: [3],
    apply(dir, at) {
      const segments = listSegments(diskFiles, dir);
      for (const { fileName, path } of segments.slice(
        1 + segments.findIndex((s) => s.fileName === at.segment),
      )) {
        assert.ok(fileName > at.segment);
        rmSync(path);
      }
      editFile(join(dir, at.segment), (bytes) => bytes.subarray(0, at.offset));
      return seqOf(at);
    },
  },
  'splice records of another log in': {
    exits: [2, 3],
    apply(dir, at) {
      const foreign = framesOf(other.dir).find((frame) => seqOf(frame) === seqOf(at));
      if (foreign === undefined) return null;
      const bytes = readFileSync(join(other.dir, foreign.segment));
      editFile(join(dir, at.segment), (own) => cut(own, at, frameIn(bytes, foreign)));
      return null;
    },
  },
  'sign with another key': {
    exits: [2],
    apply(dir) {
      const note = readFileSync(join(dir, 'log', 'checkpoint'), 'utf8');
      const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
      writeFileSync(join(dir, 'log', 'checkpoint'), signedNote(text, [newSigner()]));
      return null;
    },
  },
  'put an old checkpoint back': {
    exits: [2],
    apply(dir) {
      // The chain itself names all but the last two.
      const old = good.published[random(good.published.length - 2)];
      writeFileSync(join(dir, 'log', 'checkpoint'), old?.note ?? '');
      return null;
    },
  },
  'edit a tile or a bundle of entries': {
    exits: [2, 3],
    apply(dir) {
      const folder = join(dir, 'log', 'tile', ['0', 'entries'][random(2)] ?? '0');
      const full = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
        (one) => one.isFile() && !one.parentPath.endsWith('.p'),
      );
      const one = full[random(full.length)];
      assert.ok(one !== undefined);
      editFile(join(one.parentPath, one.name), (bytes) => {
        const where = random(bytes.length);
        bytes[where] = (bytes[where] ?? 0) ^ (1 + random(255));
        return bytes;
      });
      return null;
    },
  },
};

for (const [name, { apply, exits, fits = () => true }] of Object.entries(alterations)) {
  test(`found ${EACH} times: ${name}`, () => {
    let found = 0;
    for (let run = 0; run < EACH; run += 1) {
      const fitting = frames.slice(0, -1).filter(fits);
      const at = fitting[random(fitting.length)];
      assert.ok(at !== undefined);
      const said = `seed ${seed}, run ${run}, record ${seqOf(at)}`;
      altered(good.dir, join(root, 'copy'), (dir) => {
        const firstBad = apply(dir, at);
        const { exit, firstBad: bad } = anchored(dir);
        assert.ok(exits.includes(exit), `${said}: exit ${exit}, ${bad?.problem}`);
        assert.ok(bad !== undefined && bad.problem !== '', said);
        if (firstBad !== null) assert.equal(bad.seq, firstBad, said);
        found += 1;
        // The verifier of the documentation agrees; a process each, so it is asked now and then.
        // It works the tree out from the entries, and has no use for tiles.
        if (run % 28 === 0 && exit !== 4 && !name.includes('tile'))
          assert.ok(independent(dir) !== 0, said);
      });
    }
    assert.equal(found, EACH);
  });
}

test('who has the key too and writes the log anew is found by an anchor alone: a fork', async () => {
  const dir = join(root, 'forked');
  cpSync(good.dir, dir, { recursive: true });
  rewrite(
    dir,
    frames.map((frame, at) =>
      at === 40 ? { ...frame, fields: { ...frame.fields, tenant: 'evil' } } : frame,
    ),
  );
  rmSync(join(dir, 'log'), { recursive: true });
  const sequencer = sequencerOf(dir, good.signer);
  await sequencer.publish();
  sequencer.close();
  assert.equal(verify(dir).exit, 0);
  const { exit, firstBad } = anchored(dir);
  assert.equal(exit, 6);
  assert.match(firstBad?.problem ?? '', /anchor vault saw another tree/u);
});

test('the last checkpoint but one, put back, is found with an anchor', () => {
  altered(good.dir, join(root, 'copy'), (dir) => {
    writeFileSync(join(dir, 'log', 'checkpoint'), good.published.at(-2)?.note ?? '');
    const { exit, firstBad } = anchored(dir);
    assert.equal(exit, 2);
    assert.match(firstBad?.problem ?? '', /older than an anchor/u);
  });
});

test('the folder of yesterday, checkpoint and all, is found with an anchor of today', () => {
  assert.equal(verify(good.early).exit, 0);
  const { exit, firstBad } = anchored(good.early);
  assert.equal(exit, 3);
  assert.match(firstBad?.problem ?? '', /the log ends before record/u);
});

test('a tail behind the last anchor is said to be one; a long one makes the anchor stale', () => {
  const [first] = good.published;
  assert.ok(first !== undefined);
  const anchorNotes = [{ name: 'vault', text: first.note }];
  assert.equal(verifyLog(good.dir, { keys: keys(), anchorNotes }).exit, 4);
  assert.equal(verifyLog(good.dir, { keys: keys(), anchorNotes, anchorMaxAgeMs: 0 }).exit, 5);
});

test('an anchor that somebody else signed is none, and so is one of another log', () => {
  const text = anchor.slice(0, anchor.lastIndexOf('\n\n') + 1);
  const foreign = signedNote(text, [newSigner()]);
  const anchorNotes = [{ name: 'vault', text: foreign }];
  assert.equal(verifyLog(good.dir, { keys: keys(), anchorNotes }).exit, 2);
  assert.equal(verifyLog(good.dir, { keys: [newSigner().key.text] }).exit, 2);
});
