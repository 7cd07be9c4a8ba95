/** The committed weights are the ones that the report measured, and are complete. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { scoreOf } from '../linear-model/verdict.ts';
import { DENSE_FEATURES } from './judge.ts';
import thresholds from './thresholds.json' with { type: 'json' };
import { positionGroups, trainedModel } from './trained.ts';
import report from './training-report.json' with { type: 'json' };
import weights from './weights.json' with { type: 'json' };

const WEIGHTS_BYTES_MAX = 512 * 1_024;

test('weights, thresholds and report are of one training', () => {
  const bytes = gunzipSync(Buffer.from(weights.data, 'base64'));
  assert.equal(createHash('sha256').update(bytes).digest('hex'), weights.sha256);
  assert.equal(report.sha256, weights.sha256);
  assert.ok(weights.sha256.startsWith(weights.version));
  assert.equal(thresholds.version, weights.version);
  assert.ok(statSync(join(import.meta.dirname, 'weights.json')).size <= WEIGHTS_BYTES_MAX);
  assert.ok(bytes.some((byte) => byte !== 0));
});

test('every group has judges of every feature, and blocks above where it alerts', () => {
  const model = trainedModel();
  for (const group of positionGroups) {
    const { judges, lines } = model.scaleOf(group);
    assert.ok(judges.length > 0);
    for (const { weights: own } of judges) assert.equal(own.length, DENSE_FEATURES.length);
    assert.ok(lines.block > lines.alert);
    assert.equal(scoreOf(lines.alert, lines), 0.5);
    assert.ok(scoreOf(lines.alert - 0.001, lines) < 0.5);
    assert.ok(scoreOf(lines.block, lines) >= 0.9 && scoreOf(lines.block - 0.01, lines) < 0.9);
    assert.ok(scoreOf(-100, lines) === 0 && scoreOf(100, lines) <= 1);
  }
});

test('no row of the training data is in the repository: the report names sources and counts', () => {
  const text = readFileSync(join(import.meta.dirname, 'training-report.json'), 'utf8');
  assert.ok(report.heldOut.length > 20);
  assert.ok(Object.keys(report.trainedOn).length > 20);
  // A name or a number is short; a text would not be.
  assert.ok(Math.max(...text.split('\n').map(({ length }) => length)) < 120);
});
