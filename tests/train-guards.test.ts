/** The generators of training texts: the same each time, and texts, not templates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sortedCategories } from '#policy/guards/harm/categories.ts';

import { generatedRows } from '../scripts/train-guards/generated.ts';
import { harmLanguages } from '../scripts/train-guards/generators/harm/foreign.ts';
import { languages } from '../scripts/train-guards/generators/languages.ts';
import { adviceRows, generatedHarmRows, HARM_FOLDS } from '../scripts/train-guards/harm-rows.ts';

test('the same seed gives the same texts, another gives others', () => {
  const rows = generatedRows(1);
  assert.ok(rows.length > 30_000);
  assert.deepEqual(generatedRows(1), rows);
  const others = generatedRows(2);
  assert.ok(
    rows.filter(({ text }, index) => text === others[index]?.text).length < rows.length / 4,
  );
});

test('no slot of a template is left open', () => {
  const left = generatedRows(1).filter(({ text }) =>
    /\{[a-z]+1?\}|\[[^[\]"{}<>\n]*\|[^[\]"{}<>\n]*\]/u.test(text),
  );
  assert.deepEqual(left.slice(0, 3), []);
});

test('attacks and harmless texts come in at least ten languages, both in each', () => {
  assert.ok(languages.length >= 10);
  const rows = generatedRows(1);
  for (const name of languages) {
    const own = rows.filter(({ source }) => source === `gen_lang_${name}`);
    assert.ok(own.some(({ isAttack }) => isAttack) && own.some(({ isAttack }) => !isAttack));
  }
});

test('attacks on secrets, on what stands above and on the answer have harmless twins in the same words', () => {
  const rows = generatedRows(1);
  const shared = (attacks: string, twins: string, words: readonly string[]): void => {
    for (const word of words)
      for (const [source, isAttack] of [
        [attacks, true],
        [twins, false],
      ] as const) {
        const own = rows.filter((row) => row.source === source);
        assert.ok(own.length >= 1_500 && own.every((row) => row.isAttack === isAttack), source);
        const count = own.filter(({ text }) => text.toLowerCase().includes(word)).length;
        assert.ok(count > own.length / 200, `${source}: ${word} ${count}`);
      }
  };
  shared('gen_secret_games', 'gen_twin_secrets', [
    'password',
    'passphrase',
    'letter',
    'not allowed',
  ]);
  shared('gen_prompt_asks', 'gen_twin_prompts', ['instructions', 'above', 'prompt', 'as json']);
  shared('gen_forced_outputs', 'gen_twin_outputs', ['access granted', 'print', 'only', '---']);
});

test('harm: the same texts each time, and no slot of a template is left open', () => {
  const rows = generatedHarmRows();
  assert.ok(rows.length > 20_000);
  assert.deepEqual(generatedHarmRows(), rows);
  const left = [...rows, ...adviceRows()].filter(({ text }) =>
    /\{[a-z]+\}|\[[^[\]\n]*\||^\s*$/u.test(text),
  );
  assert.deepEqual(left.slice(0, 3), []);
});

test('harm: every category has harmful texts in each family, and every family has harmless ones', () => {
  const rows = generatedHarmRows();
  for (const family of ['first', 'second', 'said', 'third', 'fourth', 'fifth', 'terms']) {
    const source = `gen_harm_${family}`;
    const own = rows.filter((row) => row.source === source);
    const harmful = new Set(own.filter((row) => row.isHarmful).map(({ category }) => category));
    assert.deepEqual(harmful, new Set(sortedCategories), source);
    assert.ok(own.some(({ isHarmful }) => !isHarmful));
  }
  assert.ok(harmLanguages.length >= 10);
});

test('harm: no text of a fold that is held out stands in another fold', () => {
  const folds = new Map<string, number>();
  for (const { text, fold } of generatedHarmRows()) {
    assert.ok(fold >= 0 && fold < HARM_FOLDS);
    const other = folds.get(text);
    assert.ok(other === undefined || other === fold, text);
    folds.set(text, fold);
  }
  assert.equal(new Set(folds.values()).size, HARM_FOLDS);
});
