import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { type Family, Metrics, SERIES_MAX } from './metrics.ts';
import { prometheusText } from './prometheus-text.ts';

const find = (metrics: Metrics, name: string): Family => {
  const family = metrics.snapshot().find((one) => one.name === name);
  assert.ok(family !== undefined);
  return family;
};

test('what the cap turns away is counted by metric, and nothing else changes', () => {
  const metrics = new Metrics();
  const counter = metrics.counter('one_total', 'One.');
  const histogram = metrics.histogram('two_seconds', 'Two.', [1]);
  metrics.gauge('three', 'Three.', () =>
    Array.from({ length: SERIES_MAX + 7 }, (_, at) => [{ at: String(at) }, at] as const),
  );
  for (let at = 0; at < SERIES_MAX + 5; at += 1) counter.add({ at: String(at) });
  for (let at = 0; at < SERIES_MAX + 3; at += 1) histogram.observe({ at: String(at) }, 0.5);
  counter.add({ at: '0' });
  const text = prometheusText(metrics.snapshot());
  assert.match(text, /^one_total\{at="0"\} 2$/mu);
  assert.doesNotMatch(text, new RegExp(`at="${SERIES_MAX}"`, 'u'));
  // What is read when it is asked for is known to be too much only then.
  const again = prometheusText(metrics.snapshot());
  for (const [metric, count] of [
    ['one_total', 5],
    ['two_seconds', 3],
    ['three', 7],
  ] as const) {
    const line = new RegExp(
      `^llmproxy_metrics_dropped_total\\{metric="${metric}"\\} ${count}$`,
      'mu',
    );
    assert.match(again, line);
  }
});

test('the text is the snapshot: buckets add up, and the last one holds all', () => {
  const bounds = [0.1, 1, 10];
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (values) => {
      const metrics = new Metrics();
      const histogram = metrics.histogram('h', 'H.', bounds);
      histogram.open({ a: 'b' });
      for (const value of values) histogram.observe({ a: 'b' }, value);
      const text = prometheusText(metrics.snapshot());
      for (const bound of bounds) {
        const upTo = values.filter((value) => value <= bound).length;
        assert.ok(text.includes(`h_bucket{a="b",le="${bound}"} ${upTo}\n`));
      }
      assert.ok(text.includes(`h_bucket{a="b",le="+Inf"} ${values.length}\n`));
      const family = find(metrics, 'h');
      assert.ok(family.type === 'histogram');
      const [one] = family.distributions;
      assert.equal(
        one?.buckets.reduce((sum, count) => sum + count, 0),
        values.length,
      );
    }),
  );
});

test('a snapshot does not change while counting goes on', () => {
  const metrics = new Metrics();
  const counter = metrics.counter('c_total', 'C.');
  const histogram = metrics.histogram('h', 'H.', [1]);
  counter.add({});
  histogram.observe({}, 0.5);
  const before = metrics.snapshot();
  const text = prometheusText(before);
  counter.add({});
  histogram.observe({}, 0.5);
  assert.equal(prometheusText(before), text);
});

test('a label is one line, whatever is in it', () => {
  const metrics = new Metrics();
  metrics.counter('c_total', 'C.').add({ a: 'x"\n\\y' });
  assert.ok(prometheusText(metrics.snapshot()).includes(String.raw`c_total{a="x\"\n\\y"} 1`));
});
