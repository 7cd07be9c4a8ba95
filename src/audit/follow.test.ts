import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { LogFollower, recordAtPlace } from './follow.ts';
import { diskFiles } from './file-port.ts';
import { readRecords } from './read.ts';
import { listSegments } from './segment.ts';
import { type AuditLog, openAuditLog } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'llmproxy-follow-'));
after(() => rmSync(root, { recursive: true }));

let folders = 0;
async function opened(): Promise<{ readonly dir: string; readonly log: AuditLog }> {
  folders += 1;
  const dir = join(root, String(folders));
  const limits = { ballastBytes: 512, segmentBytesMax: 4_000 };
  return {
    dir,
    log: await openAuditLog({ dir, writer: 'w', lock: () => ({ release() {} }), limits }),
  };
}

async function write(log: AuditLog, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await log.append({ kind: 'admit', tenant: 'acme', user: 'ann', requestId: `req_${at}` });
    if (at % 8 === 7) await log.flush();
  }
  await log.flush();
}

test('every record comes once and in order, over segments and while they are written', async () => {
  const { dir, log } = await opened();
  const follower = new LogFollower(dir);
  const seen: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    await write(log, 40);
    for (let next = follower.next('w', 7); next !== null; next = follower.next('w', 7)) {
      assert.ok(next.records.length <= 7);
      assert.equal(next.after, seen.length);
      seen.push(...next.records.map(({ record }) => record.seq));
      assert.equal(next.through, seen.length);
    }
  }
  await log.close();
  while (follower.next('w', 500) !== null);
  assert.ok(listSegments(diskFiles, dir).length > 5);
  assert.deepEqual(
    seen,
    seen.map((_, at) => at + 1),
  );
  assert.ok(seen.length >= 240);
});

test('reading begins again where it is told to, in a later segment too', async () => {
  const { dir, log } = await opened();
  await write(log, 200);
  await log.close();
  const follower = new LogFollower(dir);
  assert.deepEqual(follower.writers(), ['w']);
  for (const seq of [0, 150, 3]) {
    follower.seek('w', seq);
    const next = follower.next('w', 2);
    assert.deepEqual(
      next?.records.map(({ record }) => record.seq),
      [seq + 1, seq + 2],
    );
  }
});

test('what is left behind a segment that went is read on', async () => {
  const { dir, log } = await opened();
  await write(log, 100);
  await log.close();
  const follower = new LogFollower(dir);
  assert.equal(follower.next('w', 2)?.through, 2);
  const [first, second] = listSegments(diskFiles, dir);
  assert.ok(first !== undefined && second !== undefined);
  rmSync(first.path);
  const begins = recordAtPlace(second, { seq: 0, offset: 0 });
  assert.equal(begins, undefined, 'another record stands there');
  const next = follower.next('w', 1);
  assert.ok((next?.through ?? 0) > 3, 'not all of the first segment was read');
});

test('a record is found by its place', async () => {
  const { dir, log } = await opened();
  await write(log, 60);
  await log.close();
  let found = 0;
  for await (const stored of readRecords(dir)) {
    const { seq } = stored.record;
    const segment = listSegments(diskFiles, dir).find(
      ({ fileName }) => fileName === stored.segment,
    );
    assert.ok(segment !== undefined);
    assert.deepEqual(recordAtPlace(segment, { seq, offset: stored.offset }), stored);
    found += 1;
  }
  assert.ok(found > 60);
});
