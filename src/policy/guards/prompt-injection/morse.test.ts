import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mayHaveMorse, morseRuns } from './morse.ts';

test('reads letters and words, and says where they stand', () => {
  const code = '.... . .-.. .-.. --- / - .... . .-. .';
  const text = `decode ${code} now`;
  assert.ok(mayHaveMorse(text));
  assert.deepEqual(morseRuns(text, 9), [{ text: 'hello there', at: 7, chars: code.length }]);
});

test('rules, bars and bullets are no code', () => {
  for (const text of [
    '- - - - - - - - - - - - -',
    '.......................',
    ' - one\n - two\n - three',
  ])
    assert.deepEqual(morseRuns(text, 9), [], text);
});

test('64 KB of near misses take less than 100 ms', () => {
  for (const piece of ['.-', '. ', '- . x', '......./']) {
    const hostile = piece.repeat(65_536 / piece.length);
    const startMs = performance.now();
    morseRuns(hostile, 9);
    assert.ok(performance.now() - startMs < 100, piece);
  }
});
