import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countedOf } from './merged-families.ts';
import { Metrics } from './metrics.ts';

function processOf(calls: number, stage: number) {
  const metrics = new Metrics();
  const counter = metrics.counter('calls', 'Calls.');
  counter.add({ tenant: 'a' }, calls);
  const waits = metrics.histogram('waits', 'Waits.', [1, 10]);
  waits.observe({}, calls);
  metrics.gauge('in_flight', 'Now.', () => calls, 'sum');
  metrics.gauge('stage', 'Worst.', () => stage, 'max');
  metrics.gauge('up', 'All.', () => (stage > 1 ? 0 : 1), 'min');
  metrics.gauge('own', 'Ours.', () => stage);
  return { metrics, counter };
}

const valuesOf = (metrics: Metrics, name: string): unknown => {
  const family = metrics.snapshot().find((one) => one.name === name);
  return family?.type === 'histogram' ? family.distributions : family?.values;
};

test('what several processes count is added up, and what is read is joined as it says', () => {
  const owner = processOf(1, 1);
  const worker = processOf(20, 3);
  worker.counter.add({ tenant: 'b' }, 5);
  owner.metrics.others = () => [worker.metrics.snapshot()];
  assert.deepEqual(valuesOf(owner.metrics, 'calls'), [
    { labels: { tenant: 'a' }, value: 21 },
    { labels: { tenant: 'b' }, value: 5 },
  ]);
  const [waits] = valuesOf(owner.metrics, 'waits') as { buckets: number[]; count: number }[];
  assert.deepEqual(waits?.buckets, [1, 0, 1]);
  assert.equal(waits?.count, 2);
  const read = (name: string) => valuesOf(owner.metrics, name);
  assert.deepEqual(read('in_flight'), [{ labels: {}, value: 21 }]);
  assert.deepEqual(read('stage'), [{ labels: {}, value: 3 }]);
  assert.deepEqual(read('up'), [{ labels: {}, value: 0 }]);
  assert.deepEqual(read('own'), [{ labels: {}, value: 1 }]);
});

test('what a process has counted stays when it is gone, and what was read of it does not', () => {
  const owner = processOf(1, 1);
  const gone = countedOf(processOf(20, 3).metrics.snapshot());
  owner.metrics.others = () => [gone];
  assert.deepEqual(valuesOf(owner.metrics, 'calls'), [{ labels: { tenant: 'a' }, value: 21 }]);
  assert.deepEqual(valuesOf(owner.metrics, 'in_flight'), [{ labels: {}, value: 1 }]);
});

test('a metric that the owner does not have is shown, unless it is its process’s own', () => {
  const owner = new Metrics();
  const worker = processOf(2, 1);
  owner.others = () => [worker.metrics.snapshot()];
  assert.deepEqual(valuesOf(owner, 'in_flight'), [{ labels: {}, value: 2 }]);
  assert.equal(valuesOf(owner, 'own'), undefined);
});
