/** The index beside a log that is written: by its thread, by commands, over restarts and failures. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, test } from 'node:test';

import { erasePerson } from '#audit/erase.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';
import { Fault } from '#domain/fault.ts';
import type { IndexFilter, IndexRow } from '#storage/audit-index.ts';
import { openAuditIndex } from '#storage/sqlite/audit-index.ts';

import { IndexFeed } from './index-feed.ts';
import { IndexPort } from './index-port.ts';

let dataDir = '';
let dir = '';
let log: AuditLog;
let states: boolean[] = [];
const ports: IndexPort[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'llmproxy-feed-'));
  dir = join(dataDir, 'audit');
  const limits = { ballastBytes: 512, segmentBytesMax: 20_000 };
  log = await openAuditLog({ dir, writer: 'main', lock: () => ({ release() {} }), limits });
  states = [];
});
afterEach(async () => {
  await log.close();
  await Promise.all(ports.splice(0).map((port) => port.close()));
  rmSync(dataDir, { recursive: true });
});

function openPort(entry?: URL): IndexPort {
  const where = { dataDir, postgresUrl: null, instance: null };
  const onBehind = (isBehind: boolean): void => void states.push(isBehind);
  const port = new IndexPort({ where, onBehind, ...(entry !== undefined && { entry }) });
  ports.push(port);
  return port;
}

async function write(count: number, user = 'ann'): Promise<void> {
  const appended = Array.from({ length: count }, (_, at) =>
    log.append({ kind: 'deny', tenant: 'acme', user, status: 403, reason: `reason-${at % 3}` }),
  );
  await Promise.all(appended);
  await log.flush();
}

async function countOf(port: IndexPort, filter: IndexFilter): Promise<number> {
  const { rows } = await port.search({ filter, limit: 200, after: null });
  return rows.length;
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!(await check())) {
    assert.ok(performance.now() < untilMs, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what is in the log comes into the index, and what a stop left out comes later', async () => {
  await write(100);
  const port = openPort();
  await until(async () => (await countOf(port, { user: 'ann' })) === 100);
  await write(20, 'bob');
  await until(async () => (await countOf(port, { user: 'bob' })) === 20);
  await port.close();
  await assert.rejects(port.search({ filter: {}, limit: 1, after: null }), Fault);
  await write(30, 'eve');
  const again = openPort();
  await until(async () => (await countOf(again, { user: 'eve' })) === 30);
  assert.equal(await countOf(again, { user: 'ann' }), 100, 'and nothing twice');
  assert.equal(await again.position('main'), log.status().lastSeq);
});

test('rows are told as they come, to who listens and as long as they do', async () => {
  const port = openPort();
  const told: IndexRow[] = [];
  await until(async () => (await port.position('main')) === log.status().lastSeq);
  const stop = port.onRows((rows) => told.push(...rows));
  await write(10);
  await until(async () => told.length === 10);
  stop();
  await write(10);
  await until(async () => (await port.position('main')) === log.status().lastSeq);
  assert.equal(told.length, 10);
});

test('a person who was erased in the log is erased in the index, and does not come again', async () => {
  await write(50);
  const port = openPort();
  await until(async () => (await countOf(port, { user: 'ann' })) === 50);
  const person = { tenant: 'acme', user: 'ann' };
  assert.equal(await erasePerson(dir, person), 50);
  assert.equal(await port.erasePerson(person), 50);
  assert.equal(await countOf(port, { user: 'ann' }), 0);
  assert.equal(await countOf(port, { tenant: 'acme' }), 50);
  const index = openAuditIndex(dataDir);
  await index.clear('main');
  await index.close();
  await write(1, 'bob');
  // Cleared by another process: the thread finds its position gone, and begins again.
  await until(async () => (await countOf(port, { tenant: 'acme' })) === 51);
  assert.equal(await countOf(port, { user: 'ann' }), 0);
});

test('a batch that failed is brought again, and nothing behind it is taken for read', async () => {
  await write(1_200);
  const index = openAuditIndex(dataDir);
  let adds = 0;
  const feed = new IndexFeed({
    dir,
    nameOf: (writer) => writer,
    nowMs: () => Date.now(),
    index: {
      position: (writer) => index.position(writer),
      add: (rows, span) => {
        adds += 1;
        if (adds === 2) return Promise.reject(new Fault('storage-failed', 'a test'));
        return index.add(rows, span);
      },
    },
  });
  await feed.step();
  await assert.rejects(feed.step());
  while ((await feed.step()) > 0);
  assert.equal(await index.position('main'), log.status().lastSeq);
  assert.equal(adds, 4);
  for (const seq of [1, 501, 1_000, 1_201]) assert.ok((await index.find('main', seq)) !== null);
  await index.close();
});

test('a thread that ends is replaced: who asked is refused, who asks again is answered', async () => {
  await write(10);
  const marker = JSON.stringify(join(dataDir, 'ended-once'));
  const thread = JSON.stringify(new URL('./index-thread.ts', import.meta.url).href);
  const file = join(dataDir, 'thread.mjs');
  writeFileSync(
    file,
    `import fs from 'node:fs';
    if (!fs.existsSync(${marker})) {
      fs.writeFileSync(${marker}, '');
      throw new Error('a row that nobody should read');
    }
    await import(${thread});`,
  );
  const port = openPort(pathToFileURL(file));
  await assert.rejects(
    port.position('main'),
    /^Fault: the index of the audit log does not answer$/u,
  );
  assert.deepEqual(states, [true]);
  await until(async () => (await countOf(port, { user: 'ann' })) === 10);
});
