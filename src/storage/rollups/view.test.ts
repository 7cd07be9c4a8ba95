/** How ranges are cut into points, and how rows become groups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Rollup, rollupSteps } from './rollup.ts';
import { keptStepOf, POINTS_MAX, rollupView, stepFor } from './view.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-27T12:00:00Z');

test('a range has as many points as a graph shows, out of steps that are still kept', () => {
  const cases = [
    [5 * 60_000, 10_000],
    [HOUR, 10_000],
    [6 * HOUR, 60_000],
    [DAY, 300_000],
    [7 * DAY, 1_800_000],
    [30 * DAY, 3 * HOUR],
    [90 * DAY, 6 * HOUR],
    [700 * DAY, DAY],
  ] as const;
  for (const [rangeMs, stepMs] of cases) {
    assert.equal(stepFor(NOW - rangeMs, NOW, NOW), stepMs, `${rangeMs / HOUR} h`);
    assert.ok(rangeMs / stepMs <= POINTS_MAX * 2);
    const kept = rollupSteps.find((one) => one.stepMs === keptStepOf(stepMs));
    assert.ok(kept !== undefined && kept.keptMs >= rangeMs, 'it is kept as long');
  }
  // An hour of last week: its tens of seconds are gone.
  assert.equal(stepFor(NOW - 3 * DAY, NOW - 3 * DAY + HOUR, NOW), 60_000);
});

function row(atMs: number, dims: readonly string[], requests: number, tookUs: number) {
  const rollup = new Rollup();
  rollup.add({ counts: { requests }, times: { total: tookUs } });
  return { atMs, dims, rollup };
}

test('rows are added up by group and point, the largest group first', () => {
  const rows = [
    row(NOW, ['acme', 'fast', 'd1', 'chat'], 1, 1_000),
    row(NOW + 60_000, ['acme', 'fast', 'd2', 'chat'], 2, 1_000),
    row(NOW + 300_000, ['acme', 'slow', 'd3', 'chat'], 9, 64_000),
  ];
  const query = {
    kind: 'calls',
    fromMs: NOW,
    toMs: NOW + HOUR,
    stepMs: 300_000,
    where: {},
  } as const;
  const groups = rollupView(rows, { ...query, by: ['model'] });
  assert.deepEqual(
    groups.map(({ dims, total, points }) => [dims, total.counts, points.map(({ atMs }) => atMs)]),
    [
      [['slow'], { requests: 9 }, [NOW + 300_000]],
      [['fast'], { requests: 3 }, [NOW]],
    ],
  );
  assert.equal(groups[1]?.total.times['total']?.count, 2);
  const [all] = rollupView(rows, { ...query, by: [] });
  assert.equal(all?.total.counts['requests'], 12);
});

test('groups beyond the most are one, and nothing of them is lost', () => {
  const rows = Array.from({ length: 60 }, (_, at) =>
    row(NOW, ['acme', `m${at}`, 'd', 'r'], at + 1, 1),
  );
  const query = {
    kind: 'calls',
    fromMs: NOW,
    toMs: NOW + HOUR,
    stepMs: 60_000,
    where: {},
  } as const;
  const groups = rollupView(rows, { ...query, by: ['model'] });
  assert.equal(groups.length, 51);
  assert.deepEqual(groups.at(-1)?.dims, ['~more']);
  const sum = groups.reduce((all, { total }) => all + (total.counts['requests'] ?? 0), 0);
  assert.equal(sum, (60 * 61) / 2);
});
