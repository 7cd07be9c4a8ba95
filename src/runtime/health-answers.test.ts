import assert from 'node:assert/strict';
import { test } from 'node:test';

import { counterMetrics } from '#telemetry/counter-metrics.ts';
import { Metrics } from '#telemetry/metrics.ts';
import { prometheusText } from '#telemetry/prometheus-text.ts';

import { notesOf } from './health-answers.ts';
import { counterState } from './shared-counters.ts';
import type { World } from './world.ts';

const worldWith = (mode: string, shared: object | null) =>
  ({ store: { mode: () => mode }, counting: { shared } }) as unknown as World;
const counters = (isUp: boolean) => ({
  isUp,
  instances: 2,
  untoldCount: 0,
  whileAway: { limits: 'soft', budgets: 'deny' },
});

test('says what does not answer and what was declared for that, and nothing where all answers', () => {
  assert.deepEqual(notesOf(worldWith('live', null)), []);
  assert.deepEqual(notesOf(worldWith('live', counters(true))), []);
  assert.deepEqual(notesOf(worldWith('live', counters(false))), [
    'counters away: limits soft, budgets deny',
  ]);
  assert.deepEqual(notesOf(worldWith('snapshot', counters(false))), [
    'store away: served from a snapshot',
    'counters away: limits soft, budgets deny',
  ]);
});

test('metrics say what is declared, whether or not the counters answer', () => {
  for (const isUp of [true, false]) {
    const metrics = new Metrics();
    const { shared } = worldWith('live', counters(isUp)).counting;
    counterMetrics(metrics, counterState(shared));
    const text = prometheusText(metrics.snapshot());
    const declared = /^llmproxy_counters_while_away\{limits="soft",budgets="deny"\} 1$/mu;
    assert.match(text, declared);
    assert.match(text, new RegExp(`mode="${isUp ? 'shared' : 'away'}"`, 'u'));
  }
});
