import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import {
  DWELL_MS,
  nextStage,
  type Pressure,
  type Stage,
  stages,
  type StageState,
} from './stage.ts';

const CALM: Pressure = { memory: 0, heap: 0, loop: 0 };

const LINES: readonly (readonly [Partial<Pressure>, Stage])[] = [
  [{}, 'normal'],
  [{ memory: 0.849 }, 'normal'],
  [{ memory: 0.85 }, 'no-keep-alive'],
  [{ heap: 0.9 }, 'no-keep-alive'],
  [{ loop: 0.92 }, 'shed-batch'],
  [{ memory: 0.95 }, 'shed'],
  [{ loop: 0.949 }, 'shed-batch'],
  [{ loop: 1 }, 'shed'],
  [{ loop: 40 }, 'shed'],
  [{ memory: 0.979, loop: 1 }, 'shed'],
  [{ heap: 0.98 }, 'reset'],
  [{ memory: 1.2 }, 'reset'],
];

describe('stages', () => {
  for (const [pressure, stage] of LINES) {
    test(`${JSON.stringify(pressure)} is ${stage}, at once`, () => {
      const before: StageState = { stage: 'normal', sinceMs: 0 };
      assert.equal(nextStage(before, { ...CALM, ...pressure }, 1).stage, stage);
    });
  }

  test('falls one at a time, each after a second', () => {
    let state: StageState = { stage: 'reset', sinceMs: 0 };
    const seen: Stage[] = [];
    for (let nowMs = 100; nowMs <= 5_000; nowMs += 100) {
      const next = nextStage(state, CALM, nowMs);
      if (next.stage !== state.stage) seen.push(next.stage);
      state = next;
    }
    assert.deepEqual(seen, ['shed', 'shed-batch', 'no-keep-alive', 'normal']);
  });

  test('a late loop does not keep streams from being left alone', () => {
    const state: StageState = { stage: 'reset', sinceMs: 0 };
    assert.equal(nextStage(state, { ...CALM, loop: 1 }, DWELL_MS).stage, 'shed');
  });

  test('whatever is measured: never down within a second, by one at most, and not at the line', () => {
    const share = fc.double({ min: 0, max: 1.1, noNaN: true });
    const steps = fc.array(
      fc.record({
        pressure: fc.record({ memory: share, heap: share, loop: share }),
        afterMs: fc.integer({ min: 1, max: 700 }),
      }),
      { maxLength: 60 },
    );
    const risen: Readonly<Record<Stage, number>> = {
      normal: 0,
      'no-keep-alive': 0.85,
      'shed-batch': 0.92,
      shed: 0.95,
      reset: 0.98,
    };
    fc.assert(
      fc.property(steps, (all) => {
        let state: StageState = { stage: 'normal', sinceMs: 0 };
        let nowMs = 0;
        for (const { pressure, afterMs } of all) {
          nowMs += afterMs;
          const next = nextStage(state, pressure, nowMs);
          const steps = stages.indexOf(next.stage) - stages.indexOf(state.stage);
          const space = Math.max(pressure.memory, pressure.heap);
          const isUnder = stages.every((stage) =>
            stage === 'normal' || space < risen[stage] ? true : stages.indexOf(next.stage) >= 1,
          );
          assert.ok(isUnder, 'a measure over a line is never normal');
          if (next.stage === 'reset' && state.stage !== 'reset') assert.ok(space >= risen.reset);
          if (steps < 0) {
            assert.equal(steps, -1);
            assert.ok(nowMs - state.sinceMs >= DWELL_MS);
            assert.ok(space < risen[state.stage]);
          }
          if (steps !== 0) assert.equal(next.sinceMs, nowMs);
          state = next;
        }
      }),
    );
  });
});
