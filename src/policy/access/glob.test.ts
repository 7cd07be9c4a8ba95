/** Patterns with stars mean what the regular expression of them means, which is too slow to be used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { matchesGlob } from './glob.ts';

const text = (letters: string, maxLength: number) =>
  fc.array(fc.constantFrom(...letters), { maxLength }).map((all) => all.join(''));

const meant = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'u').test(name);

test('a pattern matches what its regular expression matches', () => {
  let matched = 0;
  fc.assert(
    fc.property(text('ab*', 8), text('ab', 10), (pattern, name) => {
      const isMatch = matchesGlob(pattern, name);
      if (isMatch) matched += 1;
      assert.equal(isMatch, meant(pattern, name), `${pattern} ${name}`);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(matched > 1_000, `${matched} matches`);
});

test('the longest pattern of stars is held against a name in microseconds', () => {
  const [pattern, name] = [`${'*a'.repeat(127)}*`, 'a'.repeat(126)];
  const startMs = performance.now();
  for (let index = 0; index < 1_000; index += 1) assert.equal(matchesGlob(pattern, name), false);
  assert.ok(performance.now() - startMs < 500);
});
