/** The committed weights are the ones that the report measured, and all weights together are small. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { harmCategories, sensitivities, sortedCategories } from './categories.ts';
import { HARM_FEATURES } from './evidence.ts';
import thresholds from './thresholds.json' with { type: 'json' };
import { harmParts, scaleOf } from './trained.ts';
import report from './training-report.json' with { type: 'json' };
import weights from './weights.json' with { type: 'json' };

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const WEIGHTS_BYTES_MAX = 512 * 1_024;

test('weights, thresholds and report are of one training', () => {
  const parts = [weights.request, weights.reply, weights.sorting, weights.advice];
  for (const { data, sha256: own, heads, bits } of parts) {
    const bytes = gunzipSync(Buffer.from(data, 'base64'));
    assert.equal(sha256(bytes), own);
    assert.equal(bytes.length, heads.length * 2 ** bits);
    assert.ok(bytes.some((byte) => byte !== 0));
  }
  assert.equal(sha256(parts.map((part) => part.sha256).join('\n')), weights.sha256);
  assert.equal(report.sha256, weights.sha256);
  assert.equal(thresholds.version, weights.version);
  assert.ok(weights.sha256.startsWith(weights.version));
});

test('the weights of all guards together are at most 512 KB', () => {
  const files = globSync('*/weights.json', { cwd: join(import.meta.dirname, '..') });
  assert.ok(files.length >= 2);
  const bytes = files.map((file) => statSync(join(import.meta.dirname, '..', file)).size);
  assert.ok(bytes.reduce((sum, size) => sum + size, 0) <= WEIGHTS_BYTES_MAX);
});

test('every part has a weight for every feature, and acts above where it alerts', () => {
  for (const part of harmParts)
    for (const sensitivity of sensitivities) {
      const { judge, lines } = scaleOf(part, sensitivity);
      assert.equal(judge.weights.length, HARM_FEATURES.length);
      assert.ok(lines.block > lines.alert, `${part} ${sensitivity}`);
    }
  const { low, normal, high } = thresholds.request.lines;
  assert.ok(low > normal && normal > high);
});

test('every category but advice has a head that sorts it, in the order of the categories', () => {
  assert.deepEqual(
    weights.sorting.heads.map(({ name }) => name),
    sortedCategories,
  );
  assert.deepEqual([...sortedCategories, 'regulated-advice'], harmCategories);
});

test('no row of the training data is in the repository: the report names sources and counts', () => {
  const text = readFileSync(join(import.meta.dirname, 'training-report.json'), 'utf8');
  assert.ok(report.families.length > 20 && report.languages.length > 10);
  assert.ok(Math.max(...text.split('\n').map(({ length }) => length)) < 120);
});
