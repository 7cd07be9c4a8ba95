import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Canonical, SOURCE_CHARS_MAX } from './canonical.ts';

const canonical = new Canonical();
function read(text: string): string {
  canonical.read(text, 0, text.length);
  return String.fromCharCode(...canonical.codes.subarray(0, canonical.length));
}

test('every code has its place in the original, in order, whatever the text is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(20), (text, from) => {
      canonical.read(text, Math.min(from, text.length), text.length);
      let before = Math.min(from, text.length);
      for (let index = 0; index < canonical.length; index += 1) {
        const origin = canonical.origins[index] ?? -1;
        assert.ok(origin >= before && origin < text.length);
        before = origin;
      }
    }),
  );
});

test('folds case, white space, compatibility forms, accents and escapes', () => {
  assert.equal(read('Hello\t\n  World_x'), 'hello world x');
  assert.equal(
    read('\uff29\uff47\uff4e\uff4f\uff52\uff45 caf\u00e9 \u{1d42f}\ufb01'),
    'ignore cafe vfi',
  );
  assert.equal(read(String.raw`a\n\"b\" &lt;c&#105; \u0064`), 'a "b" <ci d');
});

test('invisible and combining characters go, and are counted', () => {
  assert.equal(read('ig\u200bno\u00adre'), 'ignore');
  assert.equal(canonical.hiddenCount, 2);
  assert.equal(read('i\u0336g\u0336'), 'ig');
  assert.equal(canonical.combiningCount, 2);
});

test('text in tags and in variation selectors is read as text; a flag is a flag', () => {
  const tags = (text: string): string =>
    Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
  assert.equal(read(`a${tags('Hi')}`), 'ahi');
  assert.equal(canonical.taggedCount, 2);
  const bytes = Array.from('hey', (letter) => String.fromCodePoint(0xe00f0 + letter.charCodeAt(0)));
  assert.equal(read(`x${bytes.join('')}`), 'xhey');
  read(`\u{1f3f4}${tags('g')}`);
  assert.equal(canonical.taggedCount, 0);
});

test('look-alikes become Latin only in words that have Latin letters', () => {
  assert.equal(read('p\u0430ssw\u043erd'), 'password');
  assert.equal(canonical.mixedWordCount, 1);
  assert.equal(read('\u0430\u0440\u0430 abc'), '\u0430\u0440\u0430 abc');
  assert.equal(canonical.mixedWordCount, 0);
});

test('reads no more than its bound', () => {
  const text = 'ab '.repeat(SOURCE_CHARS_MAX);
  canonical.read(text, 0, text.length);
  assert.equal(canonical.length, SOURCE_CHARS_MAX);
});

test('half of a character at the end is a half, whatever stands behind', () => {
  const reading = new Canonical();
  const codesOf = (text: string): number[] => {
    reading.read(text, 0, 2);
    return [...reading.codes.subarray(0, reading.length)];
  };
  assert.deepEqual(codesOf('a\ud83d\ude00'), codesOf('a\ud83d'));
});
