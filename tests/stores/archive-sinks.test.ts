/** Sealed files in a bucket, against a service that works every signature out anew. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import type { Cursor } from '#audit/sinks/cursor-file.ts';
import { SealedFiles } from '#audit/sinks/sealed-files.ts';
import { tilePaths } from '#audit/sinks/tlog-paths.ts';
import { listSegments } from '#audit/segment.ts';
import { diskFiles } from '#audit/file-port.ts';
import { sinksSection } from '#config/sinks-section.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { systemClock } from '#stdx/clock.ts';

import { until } from '../support/sink-contract.ts';
import { openSinkLog, runPump, type SinkLog } from '../support/sink-log.ts';
import { openReceiver, s3Wire } from '../support/sink-receivers.ts';

const accessKeyId = `test-${randomBytes(6).toString('hex')}`;
const secretAccessKey = randomBytes(20).toString('hex');

const sealed =
  ({ dir }: SinkLog) =>
  (cursor: Cursor) =>
    new SealedFiles(dir, cursor, () => true);

function tree(dir: string, from: number, to: number): void {
  const file = (name: string, text: string): void => {
    mkdirSync(dirname(join(dir, 'log', name)), { recursive: true });
    writeFileSync(join(dir, 'log', name), text);
  };
  for (const path of tilePaths(from, to)) file(path, `${path} of ${to}`);
  file('checkpoint', `example.com/log\n${to}\nhash=\n\n— signature of ${to}\n`);
}

test('s3: sealed segments, tiles, and each checkpoint last under a name of its own', async (t) => {
  const objects = new Map<string, Buffer>();
  const wire = s3Wire({ accessKeyId, secretAccessKey, lock: 'COMPLIANCE' }, objects);
  const receiver = await openReceiver(wire);
  const log = await openSinkLog({ segmentBytesMax: 40_000 });
  t.after(() => Promise.all([log.close(), receiver.close()]));
  const [section] = sinksSection.parse([
    {
      name: 'archive',
      type: 's3',
      url: receiver.url,
      bucket: 'audit-bucket',
      region: 'eu-central-1',
      prefix: 'prod/gate-way/',
      accessKeyId,
      secretAccessKey,
      objectLock: { mode: 'compliance', retention: '30d' },
      allowPrivateAddress: true,
    },
  ]);
  assert.ok(section);
  const opened = () =>
    Object.assign(
      openSink(section, { clock: systemClock, custody: null, folders: [], instance: 'gw' }),
      {
        lingerMs: 10,
      },
    );
  for (let turn = 0; turn < 8; turn += 1) await log.append(60);
  tree(log.dir, 0, 300);
  receiver.mode = 'lose-answers';
  const run = await runPump(log, opened(), { name: 'archive', source: sealed(log) });
  await until(() => run.failures.length >= 2);
  receiver.mode = 'accept';
  const root = '/audit-bucket/prod/gate-way/gw';
  await until(() => objects.has(`${root}/log/checkpoint-0000000000000300`));

  const segments = listSegments(diskFiles, log.dir);
  assert.ok(segments.length > 2, 'several segments were sealed');
  for (const { fileName, path } of segments.slice(0, -1)) {
    const uploaded = objects.get(`${root}/segments/main/${fileName}`);
    assert.deepEqual(uploaded, readFileSync(path), fileName);
  }
  const open = segments.at(-1)?.fileName ?? '';
  assert.ok(!objects.has(`${root}/segments/main/${open}`), 'the one that is written is not sealed');

  const logFiles = [...objects.keys()].filter((name) => name.startsWith(`${root}/log/`));
  assert.equal(logFiles.at(-1), `${root}/log/checkpoint-0000000000000300`);
  assert.equal(logFiles.length, [...tilePaths(0, 300)].length + 1);

  // The log grows: what is there is left alone, and the next checkpoint has its own name.
  tree(log.dir, 300, 520);
  await until(() => objects.has(`${root}/log/checkpoint-0000000000000520`));
  await run.pump.close(500);
  assert.ok(objects.has(`${root}/log/checkpoint-0000000000000300`));
  assert.ok(objects.has(`${root}/log/tile/0/001`) && objects.has(`${root}/log/tile/0/001.p/44`));
  assert.deepEqual(receiver.problems, []);

  // Another start puts nothing again: the cursor knows the size of the tree.
  const before = receiver.requests();
  const again = await runPump(log, opened(), { name: 'archive', source: sealed(log) });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await again.pump.test(), null);
  await again.pump.close(500);
  assert.equal(receiver.requests(), before + 1);
});
