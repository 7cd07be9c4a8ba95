import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { diskFiles } from './file-port.ts';
import { readRecords, tailRecords } from './read.ts';
import { listSegments } from './segment.ts';
import { openAuditLog } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'read-test-'));
after(() => rmSync(root, { recursive: true }));
const open = (dir: string, writer: string, nowMs = () => 0) =>
  openAuditLog({
    dir,
    writer,
    lock: () => ({ release() {} }),
    clock: { nowMs, monotonicMs: () => performance.now() },
    limits: { ballastBytes: 512, segmentBytesMax: 1_500 },
  });

test('reads by writer and by time, and each place leads to the record', async () => {
  const dir = join(root, 'read');
  let nowMs = 1_000;
  const [a, b] = [await open(dir, 'a', () => nowMs), await open(dir, 'b', () => nowMs)];
  for (let index = 0; index < 10; index += 1) {
    nowMs = 2_000 + index;
    await a.append({ kind: 'deny', requestId: `a${index}` });
    await b.append({ kind: 'deny', requestId: `b${index}` });
  }
  nowMs = 9_000;
  await a.close();
  await b.close();
  const ids: (string | undefined)[] = [];
  for await (const { record, segment } of readRecords(dir, { from: 2_003, to: 2_005 })) {
    ids.push(record.requestId);
    assert.ok(segment.includes(`-${record.writer}-`));
  }
  assert.deepEqual(ids, ['a3', 'a4', 'b3', 'b4']);
  let count = 0;
  for await (const { record } of readRecords(dir, { writer: 'b' })) {
    assert.equal(record.writer, 'b');
    count += 1;
  }
  assert.ok(count >= 12);
});

test('a tail gives what is appended after it began, once, across rotation, and ends when told', async () => {
  const dir = join(root, 'tail');
  const log = await open(dir, 'w');
  await log.append({ kind: 'deny', requestId: 'before' });
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { record } of tailRecords(dir, stop.signal)) {
      if (record.kind === 'deny') seen.push(record.requestId ?? '');
      if (seen.length === 20) stop.abort();
    }
  })();
  await delay(20);
  const segmentsBefore = listSegments(diskFiles, dir).length;
  for (let index = 0; index < 20; index += 1) {
    await log.append({ kind: 'deny', requestId: `r${index}` });
    if (index % 5 === 4) {
      await log.flush();
      await delay(30);
    }
  }
  // The reader's timer keeps the test alive; a reader that misses a record would wait for ever.
  await Promise.race([reading, delay(5_000)]);
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, index) => `r${index}`),
  );
  assert.ok(listSegments(diskFiles, dir).length > segmentsBefore, 'the log rotated meanwhile');
  await log.close();
});
