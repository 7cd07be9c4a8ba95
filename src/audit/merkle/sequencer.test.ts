import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { type AuditFiles, diskFiles } from '../file-port.ts';
import { verifyLog } from '../verify.ts';
import { readRecords } from '../read.ts';
import { type AuditLog, openAuditLog } from '../writer.ts';
import { CheckpointFiles, keysFrom, openCheckpoint } from './checkpoint-files.ts';
import { parseEntry } from './entry.ts';
import { Sequencer } from './sequencer.ts';
import { type NoteSigner, noteSigner } from './signed-note.ts';
import { TileFiles } from './tile-files.ts';

const ORIGIN = 'example.com/audit';
const signer = (): NoteSigner =>
  noteSigner(
    ORIGIN,
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  );

let dir = '';
let log: AuditLog;
let signers: [NoteSigner, ...NoteSigner[]];
const openLog = (writer = 'main'): Promise<AuditLog> =>
  openAuditLog({
    dir,
    writer,
    lock: () => ({ release() {} }),
    limits: { ballastBytes: 512, segmentBytesMax: 8_000 },
  });
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sequencer-test-'));
  signers = [signer()];
  log = await openLog();
});
afterEach(async () => {
  await log.close();
  rmSync(dir, { recursive: true });
});

const sequencer = (files: AuditFiles = diskFiles): Sequencer =>
  new Sequencer({
    files,
    dir,
    origin: ORIGIN,
    signers: () => signers,
    syncedSeq: (writer) => (writer === 'main' ? log.status().syncedSeq : Infinity),
  });

async function append(count: number, to = log): Promise<void> {
  for (let at = 0; at < count; at += 1)
    await to.append({ kind: 'admit', requestId: `r${at}`, tenant: 'acme', user: 'ann' });
  await to.flush();
}

const tiles = (): TileFiles => new TileFiles(diskFiles, join(dir, 'log'));

test('takes every record once, over restarts of both, in the order of the chain', async () => {
  let at = sequencer();
  for (let round = 0; round < 6; round += 1) {
    await append(50);
    const published = await at.publish();
    assert.ok(published !== null);
    assert.equal(published.size, log.status().syncedSeq);
    assert.equal(await at.publish(), null);
    if (round % 2 === 1) {
      at.close();
      await log.close();
      log = await openLog();
      at = sequencer();
    }
  }
  await log.flush();
  const { size } = (await at.publish()) ?? at;
  at.close();
  const seqs: number[] = [];
  for await (const { record } of readRecords(dir)) seqs.push(record.seq);
  const entries = tiles()
    .entries(0, 256)
    .concat(tiles().entries(1, size - 256))
    .map(parseEntry);
  assert.deepEqual(
    entries.map((entry) => entry?.seq),
    seqs,
  );
});

test('a segment that a crash left empty is passed over', async () => {
  await append(3);
  const at = sequencer();
  await at.publish();
  await log.close();
  const last =
    readdirSync(dir)
      .filter((name) => name.endsWith('.log'))
      .at(-1) ?? '';
  // Made for a rotation that never came.
  writeFileSync(join(dir, last.replace(/\d{6}\.log$/u, '000999.log')), '');
  log = await openLog();
  await append(3);
  assert.equal((await at.publish())?.size, log.status().syncedSeq);
  at.close();
  const again = sequencer();
  await append(1);
  assert.equal((await again.publish())?.size, log.status().syncedSeq);
  again.close();
});

test('what is not on the disk is not in the tree', async () => {
  await append(5);
  const at = sequencer();
  await at.publish();
  const { size } = at;
  void log.append({ kind: 'admit', requestId: 'late' });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(log.status().lastSeq, size + 1);
  assert.equal(await at.publish(), null);
  await log.flush();
  assert.equal((await at.publish())?.size, size + 1);
  at.close();
});

test('several writers are one log', async () => {
  const second = await openLog('second');
  const at = sequencer();
  await append(20);
  await append(30, second);
  await at.publish();
  await append(20, second);
  await append(7);
  await at.publish();
  at.close();
  await second.close();
  const again = sequencer();
  await again.publish();
  const found = tiles()
    .entries(0, again.size)
    .map(parseEntry)
    .map((entry) => `${entry?.writer} ${entry?.seq}`);
  assert.equal(new Set(found).size, found.length);
  let seconds = 0;
  for await (const { record } of readRecords(dir, { writer: 'second' })) seconds = record.seq;
  assert.ok(seconds > 50);
  assert.equal(found.filter((text) => text.startsWith('second')).length, seconds);
  again.close();
});

test('positions that were lost are read from the entries', async () => {
  await append(300);
  const at = sequencer();
  await at.publish();
  at.close();
  unlinkSync(join(dir, 'log', 'sequencer.json'));
  await append(3);
  const again = sequencer();
  assert.equal((await again.publish())?.size, log.status().syncedSeq);
  again.close();
});

test('a new key is handed over to by the old one, and verifiers follow', async () => {
  const at = sequencer();
  await append(3);
  await at.publish();
  const [old] = signers;
  const next = signer();
  signers = [old, next];
  const published = await at.publish();
  assert.equal(published?.handedTo, next.key.text);
  await append(1);
  await at.publish();
  at.close();
  const files = new CheckpointFiles(tiles());
  const note = files.note() ?? '';
  assert.ok('problem' in openCheckpoint(note, [old.key]));
  const keys = keysFrom(old.key, files.handovers());
  assert.deepEqual(
    keys.map(({ text }) => text),
    [old.key.text, next.key.text],
  );
  assert.ok(!('problem' in openCheckpoint(note, keys)));
  assert.deepEqual(keysFrom(signer().key, files.handovers()).length, 1);
  const again = sequencer();
  assert.equal(again.key, next.key.text);
  again.close();
});

test('a log of somebody else, or one whose checkpoint was taken away, is not gone on with', async () => {
  const at = sequencer();
  await append(3);
  await at.publish();
  at.close();
  const [own] = signers;
  signers = [signer()];
  assert.throws(sequencer, /key file/u);
  signers = [own];
  unlinkSync(join(dir, 'log', 'checkpoint'));
  assert.throws(sequencer, /restore it from an anchor/u);
});

/** Fails at the `n`th step that changes a file, and at no other. */
function failingAt(n: number): AuditFiles & { readonly steps: () => number } {
  let steps = 0;
  const step =
    <Args extends unknown[], R>(work: (...args: Args) => R) =>
    (...args: Args): R => {
      steps += 1;
      if (steps === n) throw Object.assign(new Error('broken'), { code: 'EIO' });
      return work(...args);
    };
  const creates = step((path: string, mode: Parameters<AuditFiles['open']>[1]) =>
    diskFiles.open(path, mode),
  );
  return {
    ...diskFiles,
    open: (path, mode) => (mode === 'read' ? diskFiles.open(path, mode) : creates(path, mode)),
    write: step((file: number, bytes: Uint8Array, at: number) => diskFiles.write(file, bytes, at)),
    datasync: step((file: number) => diskFiles.datasync(file)),
    rename: step((from: string, to: string) => diskFiles.rename(from, to)),
    syncFolder: step((path: string) => diskFiles.syncFolder(path)),
    steps: () => steps,
  };
}

test('whatever step of the disk fails, the next try goes on, and what was signed holds', async () => {
  await append(5);
  const first = sequencer();
  const { note = '' } = (await first.publish()) ?? {};
  first.close();
  const anchorNotes = [{ name: 'first', text: note }];
  let failures = 0;
  for (let n = 1; n < 200; n += 1) {
    await append(9);
    const files = failingAt(n);
    let at: Sequencer | null = null;
    try {
      at = sequencer(files);
      await at.publish();
    } catch {
      failures += 1;
      // As the gateway does: every other failure is tried again by the one that failed.
      if (at !== null && n % 2 === 0) assert.ok((await at.publish()) !== null);
    }
    at?.close();
    const verdict = verifyLog(dir, { anchorNotes, anchorMaxAgeMs: 3_600_000 });
    assert.ok([0, 4].includes(verdict.exit), `step ${n}: ${verdict.firstBad?.problem}`);
    // Past the last step nothing fails any more: every one was tried.
    if (files.steps() < n) break;
  }
  assert.ok(failures > 15, `${failures} steps`);
  const last = sequencer();
  await last.publish();
  assert.equal(last.size, log.status().syncedSeq);
  last.close();
  assert.equal(verifyLog(dir).exit, 0);
});
