/** AUD-10: retention deletes nothing that was not signed, anchored, shipped and counted, and says what went. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { diskFiles } from '#audit/file-port.ts';
import { readRecords } from '#audit/read.ts';
import { listSegments } from '#audit/segment.ts';
import { systemTimers } from '#audit/timers.ts';
import { verifyLog } from '#audit/verify.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';
import { configSchema } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';
import { AnchorKeeper } from '#runtime/audit/anchor-keeper.ts';
import { LogSigning } from '#runtime/audit/log-signing.ts';
import { openAuditContents } from '#runtime/audit/open-contents.ts';
import { RetentionJob } from '#runtime/audit/retention-job.ts';
import { FolderLogs } from '#runtime/audit/folder-logs.ts';
import { WorkerLogs } from '#runtime/workers/seat.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';

import { newSigner, ORIGIN } from '../support/signed-log.ts';
import { testRoot } from '../support/test-root.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-01-01T00:00:00Z');

let dataDir = '';
let dir = '';
let nowMs = START_MS;
const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
let log: AuditLog;
let said: string[] = [];
const telemetry = {
  write: (_level: string, event: string, fields: { reason?: string } = {}) =>
    void said.push(`${event} ${fields.reason ?? ''}`.trim()),
};

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'aud-10-'));
  dir = join(dataDir, 'audit');
  nowMs = START_MS;
  said = [];
  removed.length = 0;
  const limits = { ballastBytes: 512, segmentBytesMax: 6_000 };
  log = await openAuditLog({ dir, writer: 'main', lock: () => ({ release() {} }), limits, clock });
  // A day after another, some records each: segments of every age.
  for (let day = 0; day < 40; day += 1) {
    for (let at = 0; at < 6; at += 1)
      await log.append({ kind: 'admit', requestId: `r${day}-${at}`, tenant: 'acme', user: 'ann' });
    await log.flush();
    nowMs += DAY_MS;
  }
});
afterEach(async () => {
  await log.close();
  rmSync(dataDir, { recursive: true });
});

interface World {
  readonly anchored?: boolean;
  readonly shipped?: number;
  readonly counted?: number;
  readonly indexed?: number;
  readonly hold?: boolean;
  /** The store cannot be asked. */
  readonly away?: boolean;
}

const ABOUT = { tenant: 'acme', user: 'ann', actor: 'y' };
const ENTRY = { ...ABOUT, id: 'e', at: 1, action: 'hold.create', resource: 'hold/h', diff: {} };
const gone = (): Promise<never> => Promise.reject(new Fault('storage-failed', 'away'));

const removed: [string, number][] = [];

/** What keeps records whose time is over, as it is told afterwards. */
async function retain({
  anchored = true,
  shipped,
  counted,
  indexed,
  hold = false,
  away = false,
}: World): Promise<string | null> {
  const { audit: section } = configSchema.parse({
    guards: [],
    audit: { retention: { metadata: '10d' } },
  });
  const anchors = new AnchorKeeper({ clock, timers: systemTimers, log: telemetry });
  const keep = async (): Promise<void> => {};
  if (anchored)
    anchors.use([{ name: 'a', type: 'test', isOutside: true, everyMs: 0, keep, close: keep }]);
  const signer = newSigner();
  const signing = new LogSigning({
    dataDir,
    logs: new FolderLogs('main', log, new WorkerLogs()),
    audit: log,
    origin: ORIGIN,
    signers: () => [signer],
    everyMs: 3_600_000,
    anchors,
    clock,
    timers: systemTimers,
    log: telemetry,
  });
  signing.start();
  await signing.publish();
  await log.flush();
  await signing.publish();
  const storage = await openSqlite(dataDir, clock);
  const { change } = storage;
  const holds = away ? { ...storage.holds, list: gone } : storage.holds;
  const opened = openAuditContents({
    dataDir,
    root: testRoot(),
    clock,
    storage: { holds, change },
  });
  // As somebody sets one at another gateway on this store: nobody tells this one.
  if (hold)
    await storage.change(ENTRY, (tx) =>
      tx.holds.insert({ ...ABOUT, id: 'h', reason: 'x', isOfPlatform: true, atMs: 1, version: 1 }),
    );
  const job = new RetentionJob({
    ...opened,
    dataDir,
    audit: log,
    signing,
    anchors,
    clock,
    log: telemetry,
    section: () => section,
    shipped: () => (shipped === undefined ? null : new Map([['main', shipped]])),
    counted: async () => counted ?? log.status().lastSeq,
    indexName: (writer) => `${writer}@here`,
    index: {
      position: async (writer) =>
        writer === 'main@here' ? (indexed ?? log.status().lastSeq) : Number.NaN,
      removeThrough: async (writer, seq) => removed.push([writer, seq]),
    },
  });
  await job.run();
  opened.contents.close();
  await storage.close();
  await log.flush();
  await signing.close();
  await anchors.close(10);
  return job.waits;
}

async function firstSeq(): Promise<number> {
  for await (const { record } of readRecords(dir)) return record.seq;
  return 0;
}

test('what is old goes, whole segments at a time; the rest verifies, and says what went', async () => {
  const before = listSegments(diskFiles, dir).length;
  assert.equal(await retain({}), null, 'nothing keeps anything');
  const left = listSegments(diskFiles, dir).length;
  assert.ok(before > 10 && left < before && left > 2, `${before} to ${left}`);
  const verdict = verifyLog(dir);
  assert.equal(verdict.exit, 0, verdict.firstBad?.problem);
  for await (const { record } of readRecords(dir)) {
    if (record.kind !== 'admit') continue;
    assert.ok(Date.parse(record.at) > nowMs - 14 * DAY_MS, record.at);
  }
  assert.ok(said.includes('retention'));
  // What went is not found by a search either.
  assert.deepEqual(removed, [['main@here', (await firstSeq()) - 1]]);
});

test('a beginning that somebody else cut off is a gap', async () => {
  await retain({ hold: true });
  const [first] = listSegments(diskFiles, dir);
  assert.ok(first !== undefined);
  rmSync(first.path);
  assert.equal(verifyLog(dir).exit, 3);
});

for (const [name, world, reason] of [
  ['anchored', { anchored: false }, 'no anchor'],
  ['shipped', { shipped: 20 }, 'not shipped'],
  ['counted', { counted: 20 }, 'not shipped'],
  ['indexed', { indexed: 20 }, 'not shipped'],
  ['free of holds', { hold: true }, 'a hold'],
  ['known to be free of holds', { away: true }, 'the store cannot say'],
] as const) {
  test(`nothing goes that is not ${name}`, async () => {
    const seq = await firstSeq();
    const waits = await retain(world);
    const first = await firstSeq();
    const isBounded = 'shipped' in world || 'counted' in world || 'indexed' in world;
    const bound = isBounded ? 21 : seq;
    assert.ok(first <= bound, `${first}`);
    if (first === seq) {
      assert.ok(
        said.some((line) => line.includes(reason)),
        said.join('\n'),
      );
      assert.ok(waits?.includes(reason) === true, String(waits));
    }
    assert.equal(verifyLog(dir).exit, 0);
  });
}
