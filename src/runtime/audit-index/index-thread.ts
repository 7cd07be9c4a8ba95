/**
 * The thread of the index: follows the files of the log, and answers. What a search or a batch costs, no
 * call waits for. It is started by `index-port.ts`. Questions and batches run one after another: an
 * erasure that was asked for runs behind whatever was read before it.
 */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

import { assert } from '#stdx/assert.ts';
import type { AuditIndex } from '#storage/audit-index.ts';
import { systemClock } from '#stdx/clock.ts';

import { IndexFeed } from './index-feed.ts';
import { type IndexWhere, openIndex, writerIn } from './open-index.ts';
import type { Asked, Question, Said } from './protocol.ts';

const FOLLOW_MS = 250;
/**
 * Calls come first: behind a batch the thread rests nine times as long as it took, so that a log that is
 * written fast costs the index a tenth of one core, and it catches up when there is less to do.
 */
const REST = 9;
/** While somebody watches the log live. */
const REST_TOLD = 1;
const PAUSE_MS_MIN = 2;
const RETRY_MS = 2_000;
/** How often numbers that are older than they are kept are removed. */
const TRIM_MS = 10 * 60_000;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const where = workerData as IndexWhere;
const port = parentPort;
assert(port !== null, 'this file runs as a thread');
const say = (said: Said): void => port.postMessage(said);

let isTold = false;
let isClosed = false;
let isBehind = false;
let opened: AuditIndex | null = null;
/** One thing at a time. */
let last: Promise<unknown> = Promise.resolve();

function next<T>(run: () => Promise<T>): Promise<T> {
  const running = last.then(run);
  last = running.catch(() => {});
  return running;
}

async function index(): Promise<AuditIndex> {
  opened ??= await openIndex(where);
  return opened;
}

const feed = new IndexFeed({
  dir: join(where.dataDir, 'audit'),
  index: {
    add: async (rows, span, folding) => await (await index()).add(rows, span, folding),
    position: async (writer) => await (await index()).position(writer),
  },
  nameOf: (writer) => writerIn(where, writer),
  nowMs: () => systemClock.nowMs(),
  onRows: (rows) => {
    if (isTold) say({ kind: 'rows', rows });
  },
});

function behind(is: boolean): void {
  if (is === isBehind) return;
  isBehind = is;
  say({ kind: 'state', isBehind });
}

async function follow(): Promise<void> {
  if (isClosed) return;
  let waitMs = FOLLOW_MS;
  const begunMs = performance.now();
  try {
    const read = await next(() => feed.step());
    await trim();
    const restMs = Math.max(
      PAUSE_MS_MIN,
      (performance.now() - begunMs) * (isTold ? REST_TOLD : REST),
    );
    if (read > 0) waitMs = restMs;
    behind(false);
  } catch {
    // The store or the log's folder does not answer: it is read from where it was, later.
    behind(true);
    waitMs = RETRY_MS;
  }
  setTimeout(() => void follow(), waitMs);
}

let trimmedMs = -Infinity;

async function trim(): Promise<void> {
  if (performance.now() - trimmedMs < TRIM_MS) return;
  await next(async () => (await index()).trimRollups(systemClock.nowMs()));
  trimmedMs = performance.now();
}

async function answerOf(asked: Asked): Promise<unknown> {
  switch (asked.kind) {
    case 'search':
      return await (await index()).search(asked.query);
    case 'tally':
      return await (await index()).tally(asked.filter, asked.by);
    case 'rollups':
      return await (await index()).rollups(asked.query);
    case 'find':
      return await (await index()).find(asked.writer, asked.seq);
    case 'position':
      return await (await index()).position(asked.writer);
    case 'erase':
      return await (await index()).erasePerson(asked.person);
    case 'remove':
      return await (await index()).removeThrough(asked.writer, asked.seq);
    case 'tell':
      isTold = asked.isTold;
      return null;
    case 'close':
      isClosed = true;
      await opened?.close();
      return null;
  }
}

port.on('message', ({ id, asked }: Question) => {
  next(() => answerOf(asked)).then(
    (answer) => say({ kind: 'answer', id, answer }),
    // What a store throws may quote a row. That it failed is all that is said.
    () => say({ kind: 'failed', id }),
  );
});
void follow();
