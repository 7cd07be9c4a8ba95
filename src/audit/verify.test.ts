import assert from 'node:assert/strict';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';

import { diskFiles } from './file-port.ts';
import { eraseFrame } from './frame.ts';
import { readRecords, type StoredRecord } from './read.ts';
import { listSegments } from './segment.ts';
import { type Anchor, verifyLog } from './verify.ts';
import { openAuditLog } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'verify-test-'));
after(() => rmSync(root, { recursive: true }));
const good = join(root, 'good');
const other = join(root, 'other');
let stored: StoredRecord[] = [];
let anchors: Anchor[] = [];

async function write(dir: string, user: string): Promise<void> {
  const lock = () => ({ release() {} });
  const limits = { ballastBytes: 512, segmentBytesMax: 4_000 };
  const log = await openAuditLog({ dir, writer: 'w', lock, limits });
  for (let index = 0; index < 40; index += 1) {
    await log.append({
      kind: 'admit',
      requestId: `r${index}`,
      tenant: 'acme',
      user,
      ip: '198.51.100.27',
    });
    if (index % 4 === 0) await log.flush();
  }
  await log.close();
}

before(async () => {
  await write(good, 'ann');
  await write(other, 'bob');
  for await (const record of readRecords(good)) stored.push(record);
  const { writers } = verifyLog(good);
  anchors = writers.map(({ writer, lastSeq: seq, head }) => ({ writer, seq, head }));
});

test('a log as it was written is intact, and its anchor holds', () => {
  const verdict = verifyLog(good, { anchors });
  assert.equal(verdict.exit, 0);
  assert.equal(verdict.records, stored.length);
  assert.ok(listSegments(diskFiles, good).length >= 4);
  assert.equal(verifyLog(join(root, 'nothing')).exit, 0);
});

test('an erased person leaves the proof whole', async () => {
  const dir = join(root, 'erased');
  cpSync(good, dir, { recursive: true });
  for (const { segment, offset, record } of stored) {
    if (record.user === 'ann') await eraseFrame(diskFiles, join(dir, segment), offset);
  }
  assert.equal(verifyLog(dir, { anchors }).exit, 0);
  for (const { path } of listSegments(diskFiles, dir))
    assert.ok(!readFileSync(path).includes('198.51'));
  for await (const { record, erased } of readRecords(dir)) {
    assert.equal(record.user, undefined);
    if (record.kind === 'admit') assert.deepEqual(erased, ['ip', 'user']);
  }
});

const random = (below: number): number => Math.floor(Math.random() * below);
const pick = <T>(list: readonly T[]): T => {
  const found = list[random(list.length)];
  assert.ok(found !== undefined);
  return found;
};
const frameOf = (file: Buffer, { offset, bytes }: StoredRecord): Buffer =>
  file.subarray(offset, offset + bytes);
const cut = (file: Buffer, from: number, to: number, instead: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([file.subarray(0, from), instead, file.subarray(to)]);

/** Each changes one segment file as someone with access to the disk would; `undefined`: no change. */
const alterations: Record<
  string,
  (file: Buffer, at: StoredRecord, inFile: StoredRecord[]) => Buffer | undefined
> = {
  'edit a byte': (file, at) => {
    const copy = Buffer.from(file);
    // Byte 12..15 set to zero would be an erasure, which is allowed.
    const where = at.offset + 16 + random(at.bytes - 16);
    copy[where] = (copy[where] ?? 0) ^ (1 + random(255));
    return copy;
  },
  'edit a record and its checksum': (file, at) => {
    const copy = Buffer.from(file);
    const start = at.offset + 16;
    const chained = copy.subarray(start, start + copy.readUInt32LE(at.offset));
    const where = chained.indexOf('"seq"') + 6;
    chained[where] = chained[where] === 0x31 ? 0x32 : 0x31;
    copy.writeUInt32LE(crc32(chained), at.offset + 4);
    return copy;
  },
  'put another value in the personal part, with its checksum': (file, at) => {
    const copy = Buffer.from(file);
    const start = at.offset + 16 + copy.readUInt32LE(at.offset);
    const personal = copy.subarray(start, at.offset + at.bytes);
    const where = personal.indexOf('ann');
    if (where === -1) return undefined;
    personal.write('eve', where);
    copy.writeUInt32LE(crc32(personal), at.offset + 12);
    return copy;
  },
  'delete a record': (file, at) => cut(file, at.offset, at.offset + at.bytes),
  'duplicate a record': (file, at) => cut(file, at.offset, at.offset, frameOf(file, at)),
  'swap two records': (file, at, inFile) => {
    const [first, second] = [at, pick(inFile)].sort((a, b) => a.offset - b.offset);
    if (first === undefined || second === undefined || first === second) return undefined;
    const swapped = cut(file, second.offset, second.offset + second.bytes, frameOf(file, first));
    return cut(swapped, first.offset, first.offset + first.bytes, frameOf(file, second));
  },
  'cut the end off': (file, at) => file.subarray(0, at.offset + random(2) * random(at.bytes)),
  'splice in a record of another log': (file, at) => {
    const [segment] = listSegments(diskFiles, other);
    const foreign = readFileSync(segment?.path ?? '');
    const bytes = 16 + foreign.readUInt32LE(0) + foreign.readUInt32LE(8);
    return cut(file, at.offset, at.offset + at.bytes, foreign.subarray(0, bytes));
  },
  'append bytes': (file) => Buffer.concat([file, Buffer.alloc(1 + random(100), 1 + random(255))]),
};

for (const [name, alter] of Object.entries(alterations)) {
  test(`sees it: ${name}`, () => {
    let altered = 0;
    for (let run = 0; run < 60; run += 1) {
      const at = pick(stored);
      const inFile = stored.filter(({ segment }) => segment === at.segment);
      const path = join(good, at.segment);
      const file = readFileSync(path);
      const changed = alter(file, at, inFile);
      if (changed === undefined || changed.equals(file)) continue;
      altered += 1;
      try {
        writeFileSync(path, changed);
        const { exit, firstBad } = verifyLog(good, { anchors });
        assert.notEqual(exit, 0, `record ${at.record.seq}`);
        assert.ok(firstBad !== undefined && firstBad.writer === 'w');
      } finally {
        writeFileSync(path, file);
      }
    }
    assert.ok(altered > 20, `${altered} alterations`);
    assert.equal(verifyLog(good, { anchors }).exit, 0);
  });
}

test('names the first bad record, and tells a gap from an alteration', () => {
  const at = stored[20];
  assert.ok(at !== undefined);
  const path = join(good, at.segment);
  const file = readFileSync(path);
  writeFileSync(path, cut(file, at.offset, at.offset + at.bytes));
  const gap = verifyLog(good);
  writeFileSync(path, file);
  assert.equal(gap.exit, 3);
  assert.equal(gap.firstBad?.seq, at.record.seq);
  assert.equal(gap.firstBad.segment, at.segment);
  assert.equal(gap.firstBad.offset, at.offset);
});

test('sees a segment that is missing, renamed, swapped or there twice', () => {
  const segments = listSegments(diskFiles, good);
  const [first, second, third] = segments;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const check = (name: string, change: (dir: string) => void): number => {
    const dir = join(root, name);
    cpSync(good, dir, { recursive: true });
    change(dir);
    return verifyLog(dir, { anchors }).exit;
  };
  assert.equal(
    check('missing-first', (dir) => unlinkSync(join(dir, first.fileName))),
    3,
  );
  assert.equal(
    check('missing-second', (dir) => unlinkSync(join(dir, second.fileName))),
    3,
  );
  assert.equal(
    check('missing-last', (dir) => unlinkSync(join(dir, segments.at(-1)?.fileName ?? ''))),
    3,
  );
  const swapped = check('swapped', (dir) => {
    renameSync(join(dir, second.fileName), join(dir, 'x'));
    renameSync(join(dir, third.fileName), join(dir, second.fileName));
    renameSync(join(dir, 'x'), join(dir, third.fileName));
  });
  assert.equal(swapped, 3);
  const stolen = check('stolen', (dir) =>
    cpSync(join(good, first.fileName), join(dir, 'seg-thief-000001-000001.log')),
  );
  assert.equal(stolen, 2);
  const twice = check('twice', (dir) =>
    cpSync(join(good, second.fileName), join(dir, 'seg-w-000001-000999.log')),
  );
  assert.notEqual(twice, 0);
});

test('an end that was cut off at a record is seen with an anchor, and only with one', () => {
  const last = listSegments(diskFiles, good).at(-1);
  const at = stored.at(-1);
  assert.ok(last !== undefined && at !== undefined);
  const file = readFileSync(last.path);
  writeFileSync(last.path, file.subarray(0, at.offset));
  const [plain, anchored] = [verifyLog(good), verifyLog(good, { anchors })];
  writeFileSync(last.path, file);
  assert.equal(plain.exit, 0);
  assert.equal(plain.writers[0]?.isClosed, false);
  assert.equal(anchored.exit, 3);
  const forked = verifyLog(good, { anchors: [{ writer: 'w', seq: 5, head: 'f'.repeat(64) }] });
  assert.equal(forked.exit, 2);
});
