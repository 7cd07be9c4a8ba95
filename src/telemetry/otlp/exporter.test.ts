import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import type { Family } from '../metrics.ts';
import { nanosOf } from './encode.ts';
import { metricsOf } from './encode-metrics.ts';
import { Exporter } from './exporter.ts';
import type { ExportPorts, Signal } from './shipper.ts';
import type { Span } from './span.ts';
import { type PostAnswer, verdictOf } from './verdict.ts';

const answer = (status: number | null, more: Partial<PostAnswer> = {}): PostAnswer => ({
  status,
  retryAfterMs: null,
  text: '',
  isRefused: false,
  ...more,
});

const span: Span = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: null,
  isParentRemote: false,
  traceState: null,
  name: 's',
  kind: 1,
  startMs: 1_795_000_000_000.25,
  endMs: 1_795_000_000_001,
  attributes: [],
  isError: false,
};

/** Time that passes when a test says so, and a collector that answers what it is told. */
function world(answers: (attempt: number) => PostAnswer | Promise<PostAnswer>) {
  let nowMs = 0;
  let attempts = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const counts = new Map<string, number>();
  const said: string[] = [];
  const bodies: [Signal, string][] = [];
  const count = (name: string, by: number): void =>
    void counts.set(name, (counts.get(name) ?? 0) + by);
  const ports: ExportPorts = {
    clock: { nowMs: () => 1_795_000_000_000 + nowMs, monotonicMs: () => nowMs },
    random: () => 0.5,
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    meter: {
      ended: (signal, result, by) => count(`${signal} ${result}`, by),
      retried: (signal) => count(`${signal} retried`, 1),
    },
    lost: (signal, reason, by) => void said.push(`${signal}: ${reason} ×${by}`),
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    counts,
    said,
    bodies,
    settle,
    open: (signals: readonly Signal[], queueMax = 1_000) =>
      new Exporter(
        {
          signals,
          intervalMs: 10_000,
          queueMax,
          sender: { version: 'v', instance: 'i' },
          startMs: 1_795_000_000_000,
          snapshot: () => [],
        },
        {
          async post(signal, body) {
            attempts += 1;
            bodies.push([signal, body]);
            return await answers(attempts);
          },
          close: () => Promise.resolve(),
        },
        ports,
      ),
    async pass(ms: number) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        timers = timers.filter((one) => one !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
  };
}

describe('what an answer means', () => {
  test('only what the protocol calls retryable is tried again', () => {
    for (let status = 100; status < 600; status += 1) {
      const { kind } = verdictOf(answer(status), 1, () => 0);
      const isRetryable = [429, 502, 503, 504].includes(status);
      const expected = status >= 200 && status < 300 ? 'taken' : isRetryable ? 'retry' : 'refused';
      assert.equal(kind, expected, String(status));
    }
    assert.equal(verdictOf(answer(null), 1, () => 0).kind, 'retry');
    assert.equal(verdictOf(answer(null, { isRefused: true }), 1, () => 0).kind, 'refused');
  });

  test('the wait is at least what was asked for, and at most 30 s else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.option(fc.nat(3_600_000)),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, retryAfterMs, drawn) => {
          const verdict = verdictOf(answer(503, { retryAfterMs }), attempts, () => drawn);
          assert.ok(verdict.kind === 'retry');
          assert.ok(verdict.waitMs >= (retryAfterMs ?? 0));
          assert.ok(verdict.waitMs <= Math.max(30_000, retryAfterMs ?? 0));
        },
      ),
    );
  });

  test('a part that was rejected is counted, however its number is written', () => {
    for (const [text, rejected] of [
      ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}', 3],
      ['{"partialSuccess":{"rejectedLogRecords":2}}', 2],
      ['{"partialSuccess":{"rejectedDataPoints":"-1"}}', 0],
      ['{"partialSuccess":{"errorMessage":"a warning"}}', 0],
      ['{}', 0],
      ['not JSON', 0],
    ] as const) {
      assert.deepEqual(
        verdictOf(answer(200, { text }), 1, () => 0),
        { kind: 'taken', rejected },
      );
    }
  });
});

describe('an exporter', () => {
  test('sends a few spans when their time has come, and many at once', async () => {
    const all = world(() => answer(200));
    const exporter = all.open(['traces']);
    exporter.takeSpans([span]);
    await all.pass(9_999);
    assert.equal(all.bodies.length, 0);
    await all.pass(1);
    assert.equal(all.bodies.length, 1);
    exporter.takeSpans(Array.from({ length: 300 }, () => span));
    await all.settle();
    assert.equal(all.bodies.length, 2, 'no wait for a whole batch');
    await all.pass(10_000);
    assert.equal(all.counts.get('traces exported'), 301);
  });

  test('tries again, gives up in the end, and every span is counted once', async () => {
    const all = world(() => answer(503));
    const exporter = all.open(['traces']);
    exporter.takeSpans([span, span]);
    await all.pass(300_000);
    assert.equal(all.bodies.length, 6);
    assert.equal(all.counts.get('traces retried'), 5);
    assert.equal(all.counts.get('traces failed'), 2);
    assert.deepEqual(all.said, ['traces: no attempt was taken ×2']);
  });

  test('a wait that is longer than anybody would want the spans for is not waited', async () => {
    const all = world(() => answer(429, { retryAfterMs: 600_000 }));
    all.open(['traces']).takeSpans([span]);
    await all.pass(10_000);
    assert.equal(all.counts.get('traces failed'), 1);
  });

  test('the queue has its bound, and the newest are dropped', async () => {
    const all = world(() => new Promise<PostAnswer>(() => {}));
    const exporter = all.open(['traces'], 300);
    for (let call = 0; call < 100; call += 1)
      exporter.takeSpans([span, span, span, span, span, span]);
    await all.settle();
    const [[, waiting] = []] = exporter.queued();
    // A batch is under way; it is not in the queue any more.
    assert.equal(waiting, 300);
    assert.equal(all.counts.get('traces dropped'), 600 - 300 - 256);
  });

  test('metrics are told each interval, as they are then, and once more at the end', async () => {
    const all = world(() => answer(200));
    const exporter = all.open(['metrics']);
    await all.pass(30_000);
    assert.equal(all.bodies.length, 3);
    const closing = exporter.close(5_000);
    await all.pass(5_000);
    await closing;
    assert.equal(all.bodies.length, 4);
    await all.pass(60_000);
    assert.equal(all.bodies.length, 4);
  });

  test('closing sends what waits once, and loses what is not taken by its deadline', async () => {
    const all = world((attempt) => (attempt === 1 ? answer(503) : answer(200)));
    const exporter = all.open(['traces']);
    exporter.takeSpans([span]);
    await all.pass(10_000);
    const closing = exporter.close(5_000);
    await all.settle();
    await closing;
    assert.equal(all.counts.get('traces exported'), 1);

    const stuck = world(() => new Promise<PostAnswer>(() => {}));
    const other = stuck.open(['logs']);
    const record = {
      atMs: 1_795_000_000_000,
      level: 'info',
      event: 'e',
      attributes: [],
      trace: null,
    } as const;
    for (let line = 0; line < 300; line += 1) other.takeLog(record);
    const ending = other.close(5_000);
    await stuck.pass(5_000);
    await ending;
    assert.equal(stuck.counts.get('logs dropped'), 300 - 256);
  });
});

describe('what is written', () => {
  test('nanoseconds are exact to the microsecond, for every date', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.nat(999), (ms, us) => {
        const text = nanosOf(ms + us / 1_000);
        const told = BigInt(text) - BigInt(ms) * 1_000_000n - BigInt(us) * 1_000n;
        assert.ok(told <= 1_000n && told >= -1_000n);
      }),
    );
  });

  test('two deployments of one model are one point of the conventions, added up', () => {
    const labels = { vendor: 'openai', model: 'm', operation: 'chat', direction: 'input' };
    const family: Family = {
      name: 'llmproxy_call_tokens',
      help: 'H.',
      type: 'histogram',
      bounds: [1],
      distributions: [
        { labels: { ...labels, deployment: 'a' }, buckets: [1, 0], sum: 1, count: 1 },
        { labels: { ...labels, deployment: 'b' }, buckets: [0, 2], sum: 8, count: 2 },
      ],
    };
    const [own, named] = metricsOf([family], { startMs: 1, nowMs: 2 });
    assert.ok(own !== undefined && named !== undefined);
    const points = (metric: typeof own) =>
      (metric['histogram'] as { dataPoints: object[] }).dataPoints;
    assert.equal(points(own).length, 2);
    const [only, ...others] = points(named) as {
      count: string;
      sum: number;
      bucketCounts: string[];
    }[];
    assert.deepEqual(others, []);
    assert.deepEqual([only?.count, only?.sum, only?.bucketCounts], ['3', 9, ['1', '2']]);
  });

  test('a gauge that is no number is left out', () => {
    const family: Family = {
      name: 'g',
      help: 'G.',
      type: 'gauge',
      across: 'own',
      values: [{ labels: {}, value: Number.NaN }],
    };
    assert.deepEqual(metricsOf([family], { startMs: 1, nowMs: 2 }), []);
  });
});
