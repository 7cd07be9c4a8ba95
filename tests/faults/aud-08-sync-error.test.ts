/**
 * AUD-08: a sync that failed once is never trusted again. The next sync of the same file reports
 * success for pages that the kernel dropped, so the records move to another file.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type AuditFiles, diskFiles } from '#audit/file-port.ts';
import { readRecords } from '#audit/read.ts';
import { listSegments } from '#audit/segment.ts';
import { verifyLog } from '#audit/verify.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';

import { admitOf, errno, noLock } from './aud-helper.ts';

const root = mkdtempSync(join(tmpdir(), 'aud-08-'));
after(() => rmSync(root, { recursive: true }));

type Sync = (file: number) => Promise<void>;
const datasync: Sync = (file) => diskFiles.datasync(file);

async function openWith(
  name: string,
  port: { datasync: Sync },
): Promise<{ dir: string; log: AuditLog }> {
  const dir = join(root, name);
  const files: AuditFiles = { ...diskFiles, datasync: (file) => port.datasync(file) };
  // A good sync of a busy disk takes 100 ms at times, and must not count as one that hangs.
  const limits = { ballastBytes: 4_096, syncWaitMs: 2, hangMs: 400, replaceMs: 400, probeMs: 20 };
  return { dir, log: await openAuditLog({ dir, writer: 'w', lock: noLock, files, limits }) };
}

test('one EIO of a sync: the segment is left, its unsynced records are in the next one', async () => {
  const port = { datasync };
  const { dir, log } = await openWith('eio', port);
  const before = log.status().segment;
  await log.append(admitOf('before'));
  await log.flush();
  const synced = log.status().bytes;
  let failures = 0;
  port.datasync = async (file) => {
    failures += 1;
    if (failures === 1) throw errno('EIO');
    await diskFiles.datasync(file);
  };
  await log.append(admitOf('caught'));
  await log.flush();
  assert.equal(failures > 1, true);
  assert.notEqual(log.status().segment, before);
  assert.equal(log.status().state, 'ok');
  await log.append(admitOf('after'));
  await log.close();
  assert.equal(verifyLog(dir).exit, 0);

  // What the kernel dropped is gone: everything after the last good sync of the poisoned file.
  const [poisoned] = listSegments(diskFiles, dir);
  assert.ok(poisoned !== undefined && poisoned.fileName === before);
  truncateSync(poisoned.path, synced);
  assert.equal(verifyLog(dir).exit, 0);
  const ids: (string | undefined)[] = [];
  let replaced: unknown;
  for await (const { record } of readRecords(dir)) {
    if (record.kind === 'admit') ids.push(record.requestId);
    if (record.action === 'segment_replaced') replaced = record.diff;
  }
  assert.deepEqual(ids, ['before', 'caught', 'after']);
  assert.deepEqual(replaced, { code: 'EIO', openFrom: before });
});

test('a sync that hangs counts as failed: the records are in another file within the deadline', async () => {
  const port = { datasync };
  const { dir, log } = await openWith('hang', port);
  const before = log.status().segment;
  let hung = (): void => {};
  let calls = 0;
  port.datasync = async (file) => {
    calls += 1;
    if (calls === 1) await new Promise<void>((resolve) => void (hung = resolve));
    await diskFiles.datasync(file);
  };
  await log.append(admitOf('hangs'));
  await log.flush();
  assert.notEqual(log.status().segment, before);
  hung();
  await log.close();
  assert.equal(verifyLog(dir).exit, 0);
  let admits = 0;
  for await (const { record } of readRecords(dir)) admits += Number(record.kind === 'admit');
  assert.equal(admits, 1);
});

test('a disk that cannot sync at all: no admission, and service again without a restart', async () => {
  const port = { datasync };
  const { dir, log } = await openWith('dead', port);
  const states: string[] = [];
  log.onState((state) => states.push(state));
  await log.append(admitOf('first'));
  await log.flush();
  port.datasync = () => Promise.reject(errno('EIO'));
  const seq = await log.append(admitOf('acknowledged'));
  await delay(60);
  assert.equal(log.status().state, 'degraded');
  const startMs = performance.now();
  await assert.rejects(log.append(admitOf('refused')), { name: 'Fault', code: 'audit-failed' });
  await assert.rejects(log.flush(), { name: 'Fault', code: 'audit-failed' });
  assert.ok(performance.now() - startMs < 1_000);
  assert.equal(listSegments(diskFiles, dir).length <= 2, true, 'probes leave no files behind');
  port.datasync = datasync;
  for (let wait = 0; wait < 50 && log.status().state !== 'ok'; wait += 1) await delay(20);
  assert.equal(log.status().state, 'ok');
  await log.append(admitOf('again'));
  await log.close();
  assert.equal(verifyLog(dir).exit, 0);
  const records = new Map<number, string | undefined>();
  for await (const { record } of readRecords(dir))
    records.set(record.seq, record.requestId ?? record.action);
  assert.equal(records.get(seq), 'acknowledged');
  assert.ok([...records.values()].includes('audit_resumed'));
  assert.deepEqual(states, ['degraded', 'ok']);
});

test('a disk that takes no byte of any file: refused in time, no heap of segments, and it goes on when it can', async () => {
  const dir = join(root, 'no-writes');
  let isBroken = false;
  const files: AuditFiles = {
    ...diskFiles,
    write: (file, bytes, position) => {
      // A new file can be made, as where only data has no room: what is written to it fails.
      if (isBroken) throw errno('EFBIG');
      return diskFiles.write(file, bytes, position);
    },
  };
  const limits = { ballastBytes: 4_096, syncWaitMs: 2, hangMs: 400, replaceMs: 400, probeMs: 20 };
  const log = await openAuditLog({ dir, writer: 'w', lock: noLock, files, limits });
  await log.append(admitOf('before'));
  isBroken = true;
  for (let call = 0; call < 5; call += 1) {
    const refused = log.append(admitOf(`during${call}`)).then(
      () => 'taken',
      () => 'refused',
    );
    assert.equal(await Promise.race([refused, delay(2_000, 'late')]), 'refused');
    await delay(60);
  }
  assert.ok(listSegments(diskFiles, dir).length <= 4, 'empty ones do not stay');
  isBroken = false;
  const endMs = performance.now() + 5_000;
  while (log.status().state !== 'ok' && performance.now() < endMs) await delay(10);
  await log.append(admitOf('after'));
  await log.close();
  assert.equal(verifyLog(dir).exit, 0);
  const ids: (string | undefined)[] = [];
  for await (const { record } of readRecords(dir)) {
    if (record.kind === 'admit') ids.push(record.requestId);
  }
  assert.deepEqual(ids, ['before', 'after']);
});
