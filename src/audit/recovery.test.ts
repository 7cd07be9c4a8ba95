import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { diskFiles } from './file-port.ts';
import { readRecords } from './read.ts';
import { type AuditDraft, type AuditRecord, HOLD_RAISED } from './record.ts';
import { listSegments, type Segment } from './segment.ts';
import { verifyLog } from './verify.ts';
import { openAuditLog } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'recovery-test-'));
after(() => rmSync(root, { recursive: true }));
const lock = () => ({ release() {} });
const open = (dir: string, segmentBytesMax = 1_000_000) =>
  openAuditLog({ dir, writer: 'w', lock, limits: { ballastBytes: 512, segmentBytesMax } });
const admit = (requestId: string): AuditDraft => ({
  kind: 'admit',
  requestId,
  tenant: 'acme',
  user: 'ann',
  run: 'outer/inner',
  reservation: { id: `res-${requestId}`, estimateNanoUsd: 5, estimateTokens: 6 },
});

async function records(dir: string): Promise<AuditRecord[]> {
  const all: AuditRecord[] = [];
  for await (const { record } of readRecords(dir)) all.push(record);
  return all;
}

function lastSegment(dir: string): Segment {
  const last = listSegments(diskFiles, dir).at(-1);
  assert.ok(last !== undefined);
  return last;
}

/** A copy of the folder as a killed process leaves it: no `close`, the writer still there. */
function crashed(dir: string, name: string): string {
  const copy = join(root, name);
  cpSync(dir, copy, { recursive: true });
  return copy;
}

test('after a crash at any byte the log has whole frames only, and says how many bytes it cut', async () => {
  const dir = join(root, 'prefix');
  const log = await open(dir);
  const ends: number[] = [log.status().bytes];
  for (let index = 0; index < 6; index += 1) {
    await log.append(admit(`r${index}`));
    ends.push(log.status().bytes);
  }
  const { fileName, path } = lastSegment(dir);
  const bytes = readFileSync(path);
  await log.close();
  for (let cut = 0; cut <= bytes.length; cut += cut % 37 === 0 ? 1 : 18) {
    const copy = join(root, `prefix-${cut}`);
    mkdirSync(copy);
    writeFileSync(join(copy, fileName), bytes.subarray(0, cut));
    const before = verifyLog(copy);
    const whole = ends.filter((end) => end <= cut);
    assert.equal(before.exit, cut === (whole.at(-1) ?? 0) ? 0 : 4, `cut at ${cut}`);
    const again = await open(copy);
    assert.equal(again.interrupted.length, Math.max(0, whole.length - 1));
    await again.close();
    assert.equal(verifyLog(copy).exit, 0, `after recovery of a cut at ${cut}`);
    const recovered = (await records(copy)).find(({ action }) => action === 'recovered');
    const cutBytes = cut - (whole.at(-1) ?? 0);
    if (whole.length + cutBytes > 0) {
      assert.deepEqual(recovered?.diff, { cutBytes, damagedBytes: 0, lastSeq: whole.length });
    }
    rmSync(copy, { recursive: true });
  }
});

test('a call that a crash interrupted gets exactly one end, however often we crash, and is told', async () => {
  const dir = join(root, 'calls');
  const log = await open(dir, 1_500);
  await log.append(admit('open-long'));
  for (let index = 0; index < 12; index += 1) {
    await log.append(admit(`done-${index}`));
    await log.append({
      kind: index % 2 === 0 ? 'complete' : 'deny',
      requestId: `done-${index}`,
      status: 200,
    });
    await log.flush();
  }
  await log.append(admit('open-late'));
  assert.ok(listSegments(diskFiles, dir).length > 3, 'the oldest call is some segments away');
  const copy = crashed(dir, 'calls-crashed');
  await log.close();

  const second = await open(copy);
  assert.deepEqual(
    second.interrupted.map(({ requestId }) => requestId),
    ['open-long', 'open-late'],
  );
  assert.deepEqual(second.interrupted[0]?.admit.reservation, {
    id: 'res-open-long',
    estimateNanoUsd: 5,
    estimateTokens: 6,
  });
  const again = crashed(copy, 'calls-crashed-again');
  await second.close();
  const third = await open(again);
  assert.deepEqual(third.interrupted, []);
  await third.close();
  const ends = (await records(again)).filter(({ decision }) => decision === 'crash_unknown');
  assert.deepEqual(
    ends.map(({ requestId, user, tenant, run }) => [requestId, user, tenant, run]),
    [
      ['open-long', 'ann', 'acme', 'outer/inner'],
      ['open-late', 'ann', 'acme', 'outer/inner'],
    ],
  );
  assert.equal(verifyLog(again).exit, 0);
});

test('a call that held more than at its beginning is charged that, whichever segment says so', async () => {
  const dir = join(root, 'raised');
  const log = await open(dir, 1_500);
  await log.append(admit('more'));
  await log.append(admit('ended'));
  const raise = (requestId: string, estimateNanoUsd: number): AuditDraft => ({
    kind: 'system',
    action: HOLD_RAISED,
    requestId,
    reservation: { id: `res-${requestId}`, estimateNanoUsd, estimateTokens: 6 },
  });
  await log.append(raise('more', 9));
  await log.append(raise('ended', 9));
  await log.append({ kind: 'complete', requestId: 'ended', status: 200 });
  while (listSegments(diskFiles, dir).length < 3) {
    await log.append({ kind: 'system', action: 'reload' });
    await log.flush();
  }
  await log.append(raise('more', 12));
  await log.append(raise('nobody', 99));
  const copy = crashed(dir, 'raised-crashed');
  await log.close();
  const again = await open(copy);
  await again.close();
  const ends = (await records(copy)).filter(({ decision }) => decision === 'crash_unknown');
  assert.deepEqual(
    ends.map(({ requestId, user, reservation }) => [requestId, user, reservation?.estimateNanoUsd]),
    [['more', 'ann', 12]],
  );
});

test('a crash between two segments, where the last record says close, is told like any other', async () => {
  const dir = join(root, 'between');
  const log = await open(dir, 1_500);
  await log.append(admit('open'));
  while (listSegments(diskFiles, dir).length < 3) {
    await log.append({ kind: 'system', action: 'reload' });
    await log.flush();
  }
  const copy = crashed(dir, 'between-crashed');
  await log.close();
  // The new file is made before the old one is closed, and takes its first record after that.
  writeFileSync(lastSegment(copy).path, '');
  assert.equal((await records(copy)).at(-1)?.action, 'close');

  const again = await open(copy);
  assert.deepEqual(
    again.interrupted.map(({ requestId }) => requestId),
    ['open'],
  );
  await again.close();
  const told = (await records(copy)).filter(({ action }) => action === 'recovered');
  assert.equal(told.length, 1);
  assert.equal(verifyLog(copy).exit, 0);

  const closed = await open(copy);
  await closed.close();
  const still = (await records(copy)).filter(({ action }) => action === 'recovered');
  assert.equal(still.length, 1, 'a log that was closed is not recovered');
});

test('damage that no crash makes is not cut off: the evidence stays and verify goes on saying so', async () => {
  const dir = join(root, 'damage');
  const log = await open(dir);
  for (let index = 0; index < 5; index += 1) await log.append(admit(`r${index}`));
  await log.close();
  const { path } = lastSegment(dir);
  const bytes = readFileSync(path);
  const at = bytes.indexOf('"r2"');
  bytes[at + 1] = 0x78;
  writeFileSync(path, bytes);
  copyFileSync(path, join(root, 'damaged.copy'));
  const again = await open(dir);
  await again.append(admit('later'));
  await again.close();
  assert.deepEqual(readFileSync(path), readFileSync(join(root, 'damaged.copy')));
  const { exit, firstBad } = verifyLog(dir);
  assert.equal(exit, 2);
  assert.equal(firstBad?.seq, 4);
  const seqs = (await records(dir)).map(({ seq }) => seq);
  assert.equal(new Set(seqs).size, seqs.length, 'no number is used twice');
});

test('ids of administrative records are known again after a crash', async () => {
  const dir = join(root, 'admin');
  const log = await open(dir);
  await log.append({ kind: 'admin', requestId: 'out-1', action: 'key.create' });
  await log.append({ kind: 'admin', requestId: 'out-2', action: 'key.create' });
  const copy = crashed(dir, 'admin-crashed');
  await log.close();
  const { path } = lastSegment(copy);
  appendFileSync(path, Buffer.alloc(100, 7));
  const second = await open(copy);
  assert.deepEqual(second.recentAdminIds, ['out-1', 'out-2']);
  const again = crashed(copy, 'admin-crashed-again');
  await second.close();
  const third = await open(again);
  assert.deepEqual(third.recentAdminIds, ['out-1', 'out-2']);
  await third.close();
});
