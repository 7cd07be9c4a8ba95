/** The catalogue of the dashboard: nothing is said outside of it, and every language says all of it. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';

import { languageFiles, placesOf, renewed, said, textsOf } from '../scripts/web-messages.ts';
import { LANGUAGES, languageOf } from '../web/src/messages/languages.ts';
import { speak, t } from '../web/src/messages/message.ts';

const { sentences, unsaid } = said();

test('the dashboard says nothing that is not a sentence of the catalogue', () => {
  assert.ok(sentences.length > 1_000, 'the source was read');
  assert.deepEqual(unsaid, []);
});

test('the source gives each sentence the values that it has places for, and no others', () => {
  for (const { text, places, values, at } of sentences)
    if (values !== null) assert.deepEqual([...values].sort(), [...places].sort(), `${at} ${text}`);
});

test('each language is a file and a line', () => {
  const files = languageFiles().map((file) => basename(file, '.json'));
  const lines = Object.entries(LANGUAGES).filter(([, { load }]) => load !== null);
  assert.deepEqual(lines.map(([name]) => name).sort(), files);
  assert.ok(files.length > 0);
});

for (const file of languageFiles()) {
  test(`${file} says every sentence, with its places, and nothing else`, () => {
    const texts = textsOf(file);
    assert.deepEqual(
      Object.keys(texts).sort(),
      Object.keys(renewed(texts, sentences)).sort(),
      'run `npm run messages`',
    );
    for (const [text, own] of Object.entries(texts)) {
      assert.notEqual(own, '', `not said yet: ${text}`);
      assert.deepEqual([...placesOf(own)].sort(), [...placesOf(text)].sort(), text);
      // Some stand between two values: what is left and right of them is part of the sentence.
      const ends = (one: string): string => `${/^\s*/u.exec(one)?.[0]}|${/\s*$/u.exec(one)?.[0]}`;
      assert.equal(ends(own), ends(text), text);
    }
  });
}

test('a sentence is said with its values, in the language that is spoken, and in English where it has none', () => {
  assert.equal(t('{shown} of {all}', { shown: 3, all: 9 }), '3 of 9');
  assert.equal(t('{{n}} is {n}', { n: '$1' }), '{n} is $1');
  speak('de', { '{shown} of {all}': 'von {all} sind es {shown}', Keys: '' });
  assert.equal(t('{shown} of {all}', { shown: 3, all: 9 }), 'von 9 sind es 3');
  assert.equal(t('Keys'), 'Keys');
  assert.equal(t('toString'), 'toString');
  speak('en', {});
});

test('the language is the one that was chosen, or the first that the browser asks for and that there is', () => {
  assert.equal(languageOf('de', ['en-US']), 'de');
  assert.equal(languageOf(null, ['fr-CH', 'de-CH', 'en']), 'de');
  assert.equal(languageOf('xx', ['fr']), 'en');
  assert.equal(languageOf('__proto__', ['constructor']), 'en');
});
