/** What a sink reads of a log that is written, rotated, repaired and deleted while it reads. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { readRecords } from '../read.ts';
import { openAuditLog } from '../writer.ts';
import { logEnd } from './log-end.ts';
import { LogTail } from './log-tail.ts';
import { lowest } from './positions.ts';

const ALL = { recordsMax: 10_000, bytesMax: 1e9 };
const lock = () => ({ release: () => {} });

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-tail-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

async function write(dir: string, writer: string, count: number, bytes = 1e9): Promise<void> {
  const limits = { segmentBytesMax: bytes };
  const log = await openAuditLog({ dir, writer, lock, limits });
  for (let done = 0; done < count; done += 1) {
    await log.append({ kind: 'complete', requestId: `req_${done}`, user: 'alice' });
    if (done % 10 === 0) await log.flush();
  }
  await log.close();
}

const keysOf = (events: readonly { record: { writer: string; seq: number } }[]): string[] =>
  events.map(({ record: { writer, seq } }) => `${writer}-${seq}`);

test('every writer is read in its order, in small steps as in one, with the hash of each record', async (t) => {
  const dir = folder(t);
  await write(dir, 'main', 60, 6_000);
  await write(dir, 'other', 25);
  await write(dir, 'main', 10);
  assert.ok(readdirSync(dir).length > 4);
  const all: string[] = [];
  for await (const { record } of readRecords(dir)) all.push(`${record.writer}-${record.seq}`);
  const whole = await new LogTail(dir, new Map()).read(ALL);
  assert.deepEqual(keysOf(whole.events).toSorted(), all.toSorted());
  const steps = new LogTail(dir, new Map());
  const stepped: string[] = [];
  for (let step = await steps.read({ recordsMax: 7, bytesMax: 1e9 }); step.events.length > 0;) {
    assert.ok(step.events.length <= 7);
    stepped.push(...keysOf(step.events));
    step = await steps.read({ recordsMax: 7, bytesMax: 1e9 });
  }
  for (const writer of ['main', 'other']) {
    const of = (keys: readonly string[]): string[] => keys.filter((key) => key.startsWith(writer));
    assert.deepEqual(of(stepped), of(all), writer);
    assert.deepEqual(of(keysOf(whole.events)), of(all), writer);
  }
  const main = whole.events.filter(({ record }) => record.writer === 'main');
  for (const [at, { record }] of main.entries()) {
    if (at > 0) assert.equal(record.prev, main[at - 1]?.hash);
  }
});

test('a position in the middle goes on behind it, also after going back', async (t) => {
  const dir = folder(t);
  await write(dir, 'main', 50, 6_000);
  const end = logEnd(dir).get('main') ?? 0;
  assert.ok(end > 50);
  const tail = new LogTail(dir, new Map([['main', 30]]));
  const first = await tail.read(ALL);
  assert.deepEqual(keysOf(first.events), keysOf(first.events).toSorted(byNumber));
  assert.deepEqual([first.events[0]?.record.seq, first.events.at(-1)?.record.seq], [31, end]);
  assert.deepEqual(first.gaps, []);
  assert.deepEqual((await tail.read(ALL)).events, []);
  tail.rewind(new Map([['main', end - 2]]));
  assert.deepEqual(keysOf((await tail.read(ALL)).events), [`main-${end - 1}`, `main-${end}`]);
});

const byNumber = (a: string, b: string): number =>
  Number(a.split('-')[1]) - Number(b.split('-')[1]);

test('what is not on the disk yet is not read, and is read when it is', async (t) => {
  const dir = folder(t);
  await write(dir, 'main', 20);
  let syncedSeq = 5;
  const tail = new LogTail(dir, new Map(), () => syncedSeq);
  assert.equal((await tail.read(ALL)).events.at(-1)?.record.seq, 5);
  assert.deepEqual((await tail.read(ALL)).events, []);
  syncedSeq = 8;
  assert.deepEqual(keysOf((await tail.read(ALL)).events), ['main-6', 'main-7', 'main-8']);
});

test('what was deleted is a gap where it was owed, and none where it was not', async (t) => {
  const dir = folder(t);
  await write(dir, 'main', 60, 6_000);
  const [first = ''] = readdirSync(dir)
    .filter((name) => name.startsWith('seg-'))
    .toSorted();
  unlinkSync(join(dir, first));
  const owed = await new LogTail(dir, new Map([['main', 2]])).read(ALL);
  const from = owed.events[0]?.record.seq ?? 0;
  assert.deepEqual(owed.gaps, [{ writer: 'main', from: 3, to: from - 1 }]);
  assert.deepEqual((await new LogTail(dir, new Map()).read(ALL)).gaps, []);
});

test('a reader is one record a parcel where a record is more than a parcel may have', async (t) => {
  const dir = folder(t);
  await write(dir, 'main', 5);
  const { events, isFull } = await new LogTail(dir, new Map()).read({ recordsMax: 9, bytesMax: 1 });
  assert.deepEqual([events.length, isFull], [1, true]);
});

test('for retention a writer counts as far as the last of the sinks has it', () => {
  const a = new Map([
    ['main', 9],
    ['other', 4],
  ]);
  assert.deepEqual(
    lowest([a, new Map([['main', 7]])]),
    new Map([
      ['main', 7],
      ['other', 0],
    ]),
  );
});
