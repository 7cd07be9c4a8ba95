/** The generators of training texts: the same each time, and texts, not templates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { generatedRows } from '../scripts/train-guards/generated.ts';
import { languages } from '../scripts/train-guards/generators/languages.ts';

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
