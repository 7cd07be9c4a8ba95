/**
 * Memory of an idle stream: RSS of the gateway's process alone, with 2,000 streams open that have had
 * their first event and wait for the next, reply guards on. Prints one JSON line.
 *
 *   node bench/idle-streams.bench.ts [STREAMS]
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat } from '../tests/support/house.ts';
import { type OpenStream, openStream, until } from '../tests/support/streams.ts';
import { chunk, openUpstream } from '../tests/support/upstream.ts';

const STREAMS = Number(process.argv[2] ?? 2_000);
const TARGET_BYTES = 64 * 1_024;
const AT_ONCE = 50;
/** Opened and closed before it is measured: what a process takes to get going is no stream's. */
const WARM = 200;

interface Measure {
  readonly rss: number;
  readonly heapUsed: number;
  readonly running: number;
  readonly open: number;
}

const upstream = await openUpstream((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk('the first words of an answer '));
});
const child = spawn(
  process.execPath,
  [
    ...process.execArgv,
    '--expose-gc',
    join(import.meta.dirname, 'idle-streams-process.ts'),
    upstream.url,
  ],
  { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
);
try {
  assert.ok(child.stdout !== null);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url, key } = JSON.parse(line.toString('utf8')) as { url: string; key: string };
  const measure = async (): Promise<Measure> => {
    const answer = once(child, 'message') as Promise<[Measure]>;
    child.send('measure');
    return (await answer)[0];
  };
  const openAll = async (count: number): Promise<OpenStream[]> => {
    const streams: OpenStream[] = [];
    let asked = 0;
    const opener = async (): Promise<void> => {
      while (asked < count) {
        asked += 1;
        streams.push(
          await openStream(`${url}/v1/chat/completions`, chat('x', { stream: true }), bearer(key)),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, opener));
    return streams;
  };
  const leaveAll = async (streams: readonly OpenStream[]): Promise<number> => {
    const startMs = performance.now();
    for (const stream of streams) {
      stream.response.on('error', () => {});
      stream.abort();
    }
    for (let left = await measure(); left.running + left.open > 0; left = await measure()) {
      assert.ok(performance.now() - startMs < 5_000, 'nothing is left within 5 s');
      await delay(20);
    }
    return performance.now() - startMs;
  };

  await leaveAll(await openAll(WARM));
  await delay(500);
  const before = await measure();
  const streams = await openAll(STREAMS / 2);
  await delay(1_000);
  const half = await measure();
  streams.push(...(await openAll(STREAMS / 2)));
  await until(
    () => streams.every(({ status, text }) => status === 200 && text().includes('the first words')),
    10_000,
    'each has its first event',
  );
  await delay(2_000);
  const during = await measure();
  assert.deepEqual(
    [during.running, during.open, upstream.sockets.size],
    [STREAMS, STREAMS, STREAMS],
  );
  assert.ok(
    streams.every(({ response }) => !response.destroyed && !response.complete),
    'all are open',
  );
  const quietMs = await leaveAll(streams);
  await delay(500);
  const after = await measure();
  const bytesPerStream = Math.round((during.rss - before.rss) / STREAMS);
  process.stdout.write(
    `${JSON.stringify({
      bench: 'idle-streams',
      unit: 'bytes of RSS an idle stream',
      streams: STREAMS,
      bytesPerStream,
      // Of the second half: without what the heap takes once, whatever it holds.
      marginalBytesPerStream: Math.round(((during.rss - half.rss) / STREAMS) * 2),
      heapBytesPerStream: Math.round((during.heapUsed - before.heapUsed) / STREAMS),
      target: TARGET_BYTES,
      isWithinTarget: bytesPerStream <= TARGET_BYTES,
      rssMiB: Math.round(during.rss / 1_048_576),
      quietAfterAbortMs: Math.round(quietMs),
      heapAfterToBefore: Number((after.heapUsed / before.heapUsed).toFixed(2)),
    })}\n`,
  );
} finally {
  child.kill('SIGTERM');
  await upstream.close();
}
