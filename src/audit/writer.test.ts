import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { type AuditFiles, diskFiles } from './file-port.ts';
import { readRecords } from './read.ts';
import type { AuditDraft, AuditRecord } from './record.ts';
import { listSegments } from './segment.ts';
import { verifyLog } from './verify.ts';
import { type AuditLogOptions, openAuditLog } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'writer-test-'));
after(() => rmSync(root, { recursive: true }));
let folders = 0;
const folder = (): string => {
  folders += 1;
  return join(root, `log-${folders}`);
};
const lock = () => ({ release() {} });
const open = (dir: string, more: Partial<AuditLogOptions> = {}) =>
  openAuditLog({
    dir,
    writer: 'w',
    lock,
    ...more,
    limits: { ballastBytes: 4_096, ...more.limits },
  });
const draft = (requestId: string, kind: AuditDraft['kind'] = 'deny'): AuditDraft => ({
  kind,
  requestId,
  user: 'ann',
});

async function records(dir: string): Promise<AuditRecord[]> {
  const all: AuditRecord[] = [];
  for await (const { record } of readRecords(dir)) all.push(record);
  return all;
}
const actions = (all: readonly AuditRecord[]) =>
  all.map(({ action, requestId }) => action ?? requestId);

test('drafts of one turn are one write, numbered in order, and in the file when they are acknowledged', async () => {
  let writes = 0;
  const files: AuditFiles = {
    ...diskFiles,
    write(file, bytes, position) {
      writes += 1;
      return diskFiles.write(file, bytes, position);
    },
  };
  const dir = folder();
  const log = await open(dir, { files });
  writes = 0;
  const seqs = await Promise.all(['a', 'b', 'c'].map((id) => log.append(draft(id))));
  assert.equal(writes, 1);
  assert.deepEqual(seqs, [2, 3, 4]);
  assert.deepEqual(actions(await records(dir)), ['segment_opened', 'a', 'b', 'c']);
  assert.equal(log.status().lastSeq, 4);
  await log.flush();
  assert.equal(log.status().syncedSeq, 4);
  await log.close();
  assert.equal(verifyLog(dir).exit, 0);
});

test('rotates by size, sealing each segment, and the chain goes on across files and restarts', async () => {
  const dir = folder();
  for (let run = 0; run < 2; run += 1) {
    const log = await open(dir, { limits: { segmentBytesMax: 2_000 } });
    for (let index = 0; index < 20; index += 1) {
      await log.append(draft(`r${index}`));
      await log.flush();
    }
    await log.close();
  }
  const { exit, records: count, writers } = verifyLog(dir);
  assert.equal(exit, 0);
  assert.equal(writers[0]?.isClosed, true);
  const all = await records(dir);
  assert.equal(all.length, count);
  assert.equal(all.filter(({ kind }) => kind === 'deny').length, 40);
  const segments = listSegments(diskFiles, dir);
  assert.ok(segments.length >= 6);
  assert.deepEqual([...new Set(segments.map(({ epoch }) => epoch))], [1, 2]);
  assert.equal(all.filter(({ action }) => action === 'close').length, segments.length);
  assert.equal(all.filter(({ action }) => action === 'recovered').length, 0);
  for (const { path } of segments) assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('says every so often that it lives, only while it is idle', async () => {
  const dir = folder();
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const due = new Set<{ atMs: number; run: () => void }>();
  const timers = {
    after(ms: number, run: () => void) {
      const timer = { atMs: nowMs + ms, run };
      due.add(timer);
      return () => void due.delete(timer);
    },
  };
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const timer of [...due].filter(({ atMs }) => atMs <= nowMs)) {
      due.delete(timer);
      timer.run();
    }
    // What was due is written, however long that takes here.
    await log.flush();
  };
  const log = await open(dir, { clock, timers });
  const beats = async () =>
    (await records(dir)).filter(({ action }) => action === 'heartbeat').length;
  await pass(9_999);
  assert.equal(await beats(), 0);
  await pass(1);
  assert.equal(await beats(), 1);
  await pass(5_000);
  await log.append(draft('busy'));
  await pass(5_000);
  assert.equal(await beats(), 1);
  await pass(5_000);
  assert.equal(await beats(), 2);
  await log.close();
});

test('refuses what does not fit its queue or a frame, and nothing else', async () => {
  const dir = folder();
  const log = await open(dir, { limits: { queueMax: 5 } });
  const outcomes = await Promise.allSettled([
    log.append({ kind: 'admin', diff: 'x'.repeat(300_000) }),
    ...Array.from({ length: 6 }, (_, index) => log.append(draft(`r${index}`))),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  await log.close();
  await assert.rejects(log.append(draft('late')), { name: 'Fault', code: 'audit-failed' });
  assert.equal(verifyLog(dir).exit, 0);
});

test('takes the lock before it reads, and gives it back on closing and on failing', async () => {
  const dir = folder();
  let held = 0;
  const counting = () => {
    held += 1;
    return { release: () => void (held -= 1) };
  };
  const log = await open(dir, { lock: counting });
  assert.equal(held, 1);
  await log.close();
  assert.equal(held, 0);
  const files: AuditFiles = {
    ...diskFiles,
    open(path, mode) {
      if (mode === 'create') throw Object.assign(new Error(`EACCES ${path}`), { code: 'EACCES' });
      return diskFiles.open(path, mode);
    },
  };
  await assert.rejects(open(dir, { lock: counting, files }), (thrown) => {
    assert.ok(thrown instanceof Error && thrown.name === 'Fault');
    assert.ok(!thrown.message.includes(dir), 'no path in a fault');
    return true;
  });
  assert.equal(held, 0);
});

test('a thousand records in one turn are written in batches and all acknowledged in order', async () => {
  const dir = folder();
  const log = await open(dir);
  const seqs = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => log.append(draft(`r${index}`))),
  );
  assert.deepEqual(
    seqs,
    Array.from({ length: 1_000 }, (_, index) => index + 2),
  );
  await log.close();
  assert.equal(verifyLog(dir).records, 1_002);
});
