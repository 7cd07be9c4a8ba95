import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { storageSteps } from './postgres/storage-schema.ts';
import { type AppliedStep, checksumOf, planOf, type SchemaStep } from './schema-steps.ts';
import { migrations } from './sqlite/migrations.ts';

const steps: readonly SchemaStep[] = [1, 2, 3].map((number) => ({ number, sql: `step ${number}` }));
const appliedOf = (step: SchemaStep): AppliedStep => ({
  number: step.number,
  checksum: checksumOf(step),
  compatibleFrom: step.compatibleFrom ?? null,
});
const applied = steps.map(appliedOf);
const later = (number: number, compatibleFrom?: number): AppliedStep =>
  appliedOf({
    number,
    sql: 'of another program',
    ...(compatibleFrom !== undefined && { compatibleFrom }),
  });
const plan = (...there: readonly AppliedStep[]) => planOf(['storage'], there, steps);
const isProblem =
  (...words: readonly string[]) =>
  (thrown: unknown) =>
    thrown instanceof ConfigProblem && words.every((word) => thrown.message.includes(word));

test('what is not there is to be applied, in the order of its numbers', () => {
  assert.deepEqual(plan(), { missing: steps, newer: [] });
  assert.deepEqual(plan(...applied.slice(0, 2)), { missing: steps.slice(2), newer: [] });
  assert.deepEqual(plan(...applied), { missing: [], newer: [] });
});

test('steps of a newer program are worked beside, where each says that we may', () => {
  assert.deepEqual(plan(...applied, later(4, 3), later(5, 3)), { missing: [], newer: [4, 5] });
  assert.deepEqual(plan(...applied, later(4, 1)).newer, [4]);
  assert.throws(() => plan(...applied, later(4, 3), later(5, 4)), isProblem('migration 5'));
});

test('a step that says nothing is for those who know it', () => {
  assert.throws(
    () => plan(...applied, later(4)),
    isProblem('migration 4', 'newer llmproxy', 'restore a backup'),
  );
});

test('a step that was edited, one between ours, and a newer one without ours are refused', () => {
  const edited = { ...later(2), checksum: 'another' };
  assert.throws(
    () => plan(...applied.slice(0, 1), edited),
    isProblem('migration 2 is not the one'),
  );
  const some = steps.filter(({ number }) => number !== 2);
  assert.throws(() => planOf(['storage'], [...applied], some), isProblem('migration 2'));
  assert.throws(() => plan(...applied.slice(0, 2), later(4, 2)), isProblem('migration 4'));
});

test('the program before holds, and before leaves, were kept works beside their tables', () => {
  for (const [all, number] of [
    [migrations, 18],
    [migrations, 17],
    [storageSteps, 3],
    [storageSteps, 2],
  ] as const) {
    const known = all.filter((step) => step.number < number);
    const there = all.filter((step) => step.number <= number).map(appliedOf);
    assert.deepEqual(planOf(['storage'], there, known), { missing: [], newer: [number] });
  }
});
