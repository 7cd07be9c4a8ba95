/** Graphs that go on: what comes is put to what is there, and what is too old goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { SeriesView } from '#admin/series-contract.ts';

import { continued, isSeries } from '../web/src/series/live-series.ts';
import { count, per, stepsOf, valuesOf, withoutOpenStep } from '../web/src/series/lines.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();

const view = (from: number, to: number, points: Readonly<Record<number, number>>): SeriesView => ({
  from: at(from),
  to: at(to),
  stepSeconds: 10,
  by: [],
  before: null,
  items: [
    {
      names: [],
      total: { counts: { requests: 1 }, times: {} },
      points: Object.entries(points).map(([second, requests]) => ({
        at: at(Number(second)),
        counts: { requests },
        times: {},
      })),
    },
  ],
});

const pointsOf = ({ items }: SeriesView) =>
  items[0]?.points.map((point) => [Date.parse(point.at) / 1_000, point.counts['requests']]);

test('newer points are added, changed ones replaced, old ones forgotten', () => {
  const before = view(100, 160, { 100: 1, 140: 2, 150: 3 });
  const next = view(110, 170, { 150: 5, 160: 7 });
  const now = continued(before, next);
  assert.deepEqual(pointsOf(now), [
    [140, 2],
    [150, 5],
    [160, 7],
  ]);
  assert.equal(now.from, next.from);
  assert.ok(isSeries(JSON.parse(JSON.stringify(now))));
  assert.ok(!isSeries({ items: null }) && !isSeries(null));
});

test('a line has a value for each step, also where nothing was, and none for one that is not over', () => {
  const shown = view(100, 140, { 110: 20 });
  const steps = stepsOf(shown);
  assert.deepEqual(steps, [100, 110, 120, 130]);
  const perSecond = per(1, shown.stepSeconds, count('requests'));
  assert.deepEqual(valuesOf(shown.items[0], steps, perSecond), [0, 2, 0, 0]);
  assert.deepEqual(valuesOf(shown.items[0], steps, perSecond, 20), [0, 0, 0, 2], 'shifted');
  assert.deepEqual(withoutOpenStep(steps, steps, 135, 10), [100, 110, 120]);
  assert.deepEqual(withoutOpenStep(steps, steps, 500, 10), steps);
});
