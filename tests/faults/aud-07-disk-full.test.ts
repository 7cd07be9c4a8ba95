/**
 * AUD-07: a full disk. No torn record, no new call, an end for the calls in flight, nothing
 * acknowledged is lost, and service again without a restart. On a real 1 MB tmpfs where we may mount
 * one, and always on a disk with a quota that the port keeps.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type AuditFiles, diskFiles } from '#audit/file-port.ts';
import { readRecords } from '#audit/read.ts';
import { verifyLog } from '#audit/verify.ts';
import { openAuditLog } from '#audit/writer.ts';

import { admitOf, completeOf, errno, noLock } from './aud-helper.ts';

const root = mkdtempSync(join(tmpdir(), 'aud-07-'));
after(() => rmSync(root, { recursive: true }));
const BALLAST = 64 * 1_024;

/** Fills the disk with calls, then gives space back with `makeRoom`. */
async function fillAndResume(dir: string, files: AuditFiles, makeRoom: () => void): Promise<void> {
  const limits = { ballastBytes: BALLAST, probeMs: 20 };
  const log = await openAuditLog({ dir, writer: 'w', lock: noLock, files, limits });
  const acknowledged = new Map<number, string>();
  const states: string[] = [];
  log.onState((state) => states.push(state));
  await log.append(admitOf('in-flight'));
  for (let index = 0; log.status().state === 'ok' && index < 5_000; index += 1) {
    const requestId = `req-${index}`;
    await log.append(admitOf(requestId)).then(
      (seq) => acknowledged.set(seq, requestId),
      (thrown: unknown) => assert.equal(thrown instanceof Error ? thrown.name : '', 'Fault'),
    );
  }
  assert.ok(acknowledged.size > 10, 'the disk became full');
  assert.equal(log.status().state, 'degraded');

  const startMs = performance.now();
  await assert.rejects(log.append(admitOf('refused')), { name: 'Fault', code: 'audit-failed' });
  assert.ok(performance.now() - startMs < 1_000);
  const seq = await log.append(completeOf('in-flight'));
  acknowledged.set(seq, 'in-flight');
  assert.equal(
    verifyLog(dir, { files: diskFiles }).exit,
    0,
    'no torn record while the disk is full',
  );
  await delay(100);
  assert.equal(log.status().state, 'degraded', 'it stays degraded while there is no space');

  makeRoom();
  for (let wait = 0; wait < 100 && log.status().state !== 'ok'; wait += 1) await delay(10);
  assert.equal(log.status().state, 'ok');
  acknowledged.set(await log.append(admitOf('again')), 'again');
  await log.close();
  assert.equal(verifyLog(dir).exit, 0);
  const kept = new Map<number, string | undefined>();
  const actions: string[] = [];
  for await (const { record } of readRecords(dir)) {
    kept.set(record.seq, record.requestId);
    if (record.kind === 'system') actions.push(record.action ?? '');
  }
  for (const [number, requestId] of acknowledged) assert.equal(kept.get(number), requestId);
  const told = actions.filter((action) => action.startsWith('audit_'));
  assert.deepEqual(told, ['audit_degraded', 'audit_resumed']);
  assert.deepEqual(states, ['degraded', 'ok']);
}

/** A disk of `quota.bytes`: a write that does not fit writes what fits, and the next one fails. */
function quotaFiles(quota: { bytes: number }): AuditFiles {
  const sizes = new Map<string, number>();
  const paths = new Map<number, string>();
  const used = (): number => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return {
    ...diskFiles,
    open(path, mode) {
      const file = diskFiles.open(path, mode);
      paths.set(file, path);
      return file;
    },
    write(file, bytes, position) {
      const path = paths.get(file) ?? '';
      const left = quota.bytes - used();
      if (left <= 0) throw errno('ENOSPC');
      const written = diskFiles.write(
        file,
        bytes.subarray(0, Math.min(left, bytes.length)),
        position,
      );
      sizes.set(path, Math.max(sizes.get(path) ?? 0, position + written));
      return written;
    },
    truncate(file, bytes) {
      diskFiles.truncate(file, bytes);
      sizes.set(paths.get(file) ?? '', bytes);
    },
    unlink(path) {
      diskFiles.unlink(path);
      sizes.delete(path);
    },
    freeBytes: () => quota.bytes - used(),
  };
}

test('a full disk by quota: calls in flight end, new ones are refused, service resumes', async () => {
  const quota = { bytes: 300_000 };
  await fillAndResume(join(root, 'quota'), quotaFiles(quota), () => void (quota.bytes *= 4));
});

test('a disk that is full before the first record: the log does not open', async () => {
  const open = openAuditLog({
    dir: join(root, 'none'),
    writer: 'w',
    lock: noLock,
    files: quotaFiles({ bytes: 100 }),
    limits: { ballastBytes: BALLAST },
  });
  await assert.rejects(open, { name: 'Fault', code: 'audit-failed' });
});

test('a real full file system of 1 MB', async (t) => {
  const mountPoint = join(root, 'tmpfs');
  mkdirSync(mountPoint);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint]);
  if (mounted.status !== 0) {
    t.skip('a tmpfs may not be mounted here: the real file system was not filled');
    return;
  }
  try {
    const filler = join(mountPoint, 'filler');
    writeFileSync(filler, Buffer.alloc(512 * 1_024, 1));
    await fillAndResume(join(mountPoint, 'audit'), diskFiles, () => unlinkSync(filler));
  } finally {
    spawnSync('umount', [mountPoint]);
  }
});
