import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { filterCut, filterWhole, guardContract, ruleOf, runOf } from '../guard.contract.ts';
import { type GuardWorld, NO_WORLD } from '../guard.ts';
import { onnxGuard, OVERLAP_CHARS, STRIDE_CHARS } from './onnx.ts';

/** A classifier that knows one word. */
const knowing = (
  word: string,
  asked: string[] = [],
  scoresOf: (isFound: boolean) => readonly number[] = (isFound) =>
    isFound ? [0.1, 0.9] : [0.9, 0.1],
): GuardWorld => ({
  ...NO_WORLD,
  classifier: () => ({
    open: () => ({
      classify(text) {
        asked.push(text);
        return Promise.resolve(scoresOf(text.includes(word)));
      },
    }),
  }),
});

const section = (changes: object = {}) =>
  onnxGuard.config.parse({
    model: '/m.onnx',
    tokenizer: '/t.json',
    labels: ['benign', 'injection'],
    find: ['injection'],
    ...changes,
  });

guardContract(onnxGuard.create(section(), knowing('falcon')), {
  found: 'falcon',
  nearMiss: 'falco n ',
  pieces: ['falcon', 'fal', 'con', ' ', 'a bird', 'x'.repeat(700), '\ud83d', '\ude00'],
});

test('windows cover all of a text and share its seams; a stream asks the same', async () => {
  // No two windows are equal: one that was asked about before would not be asked about again.
  const text = Array.from({ length: 3_001 }, (_, index) => `${index} `).join('');
  const [whole, cut]: [string[], string[]] = [[], []];
  const rule = (asked: string[]) => ruleOf(onnxGuard.create(section(), knowing('none', asked)));
  await filterWhole([rule(whole)], text);
  await filterCut([rule(cut)], text, [1, 10, 2_304, 2_305, 9_001]);
  assert.deepEqual(cut, whole);
  const [last = '', ...others] = whole.toReversed();
  const advanced = others.toReversed().map((one) => one.slice(0, STRIDE_CHARS));
  assert.equal([...advanced, last].join(''), text);
  assert.ok(others.length > 3);
  assert.ok(others.every((one) => one.length === STRIDE_CHARS + OVERLAP_CHARS));
});

test('a word on a seam is found, wherever it stands', async () => {
  const rule = ruleOf(onnxGuard.create(section(), knowing('falcon')), 'block');
  for (let at = STRIDE_CHARS - 10; at < STRIDE_CHARS + OVERLAP_CHARS + 10; at += 1) {
    const text = `${'x'.repeat(at)}falcon${'y'.repeat(3_000)}`;
    const whole = await runOf(rule).run.whole(text, 'user', true);
    assert.equal(whole.stop?.kind, 'blocked', `${at}`);
  }
});

test('scores that are no scores, too few or too many are no answer, and nothing passes', async () => {
  for (const scores of [[Number.NaN, 0], [0.5], [0, 0, 0], [0, 4], [-1, 0], []]) {
    const rule = ruleOf(
      onnxGuard.create(
        section(),
        knowing('x', [], () => scores),
      ),
      'block',
    );
    const { stop } = await runOf(rule).run.whole('a text', 'user', true);
    assert.equal(stop?.kind, 'unavailable', JSON.stringify(scores));
  }
});

test('asks once about a text that is sent again, and remembers no failure', async () => {
  const asked: string[] = [];
  const rule = ruleOf(onnxGuard.create(section(), knowing('falcon', asked)));
  await filterWhole([rule], 'a falcon');
  await filterWhole([rule], 'a falcon');
  assert.equal(asked.length, 1);
  let isBroken = true;
  const world = knowing('x', [], () => (isBroken ? [] : [1, 0]));
  const other = ruleOf(onnxGuard.create(section(), world), 'block');
  assert.equal((await runOf(other).run.whole('text', 'user', true)).stop?.kind, 'unavailable');
  isBroken = false;
  assert.equal((await runOf(other).run.whole('text', 'user', true)).stop, null);
});

test('settings that cannot be meant are refused at their key', () => {
  for (const [changes, path] of [
    [{ labels: ['a', 'a'], find: ['a'] }, 'labels'],
    [{ find: ['injection', 'unknown'] }, 'find.1'],
    [{ tokensMax: 100, overlapTokens: 50 }, 'overlapTokens'],
  ] as const) {
    assert.throws(
      () => onnxGuard.create(section(changes)),
      (thrown: unknown) => thrown instanceof ConfigProblem && thrown.path.join('.') === path,
    );
  }
});
