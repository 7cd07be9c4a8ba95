import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UnseenThinking } from './unseen-thinking.ts';

const HELD = 10_000;
const thinker = (isAsked = false, tokensMax = HELD) =>
  new UnseenThinking({ sentMs: 1_000, isAsked, tokensMax });
const text = { deltas: [{ position: 'assistant', text: 'word' }], isThinking: false } as const;
const thought = { deltas: [{ position: 'reasoning', text: 'hm' }], isThinking: false } as const;
const begun = { deltas: [], isThinking: true } as const;

test('nothing came: as much as there was time for, and never more than is held', () => {
  assert.equal(thinker().outputTokens(1, 1_100), 301);
  assert.equal(thinker().outputTokens(1, 60_000), HELD);
  assert.equal(
    thinker(false, 0).outputTokens(1, 60_000),
    1,
    'where no money is held, what was seen',
  );
});

test('an answer that came says that there was no thinking, unless it was asked for or shown', () => {
  for (const [asked, shown, tokens] of [
    [false, null, 7],
    [true, null, 7 + 6_000],
    [false, thought, 7 + 6_000],
    [false, begun, 7 + 6_000],
  ] as const) {
    const one = thinker(asked);
    if (shown !== null) one.saw(shown, 1_200);
    one.saw(text, 3_000);
    one.saw(text, 3_050);
    assert.equal(one.outputTokens(7, 3_100), tokens, `${asked} ${JSON.stringify(shown)}`);
  }
});

test('thinking between two parts of an answer counts, the pace of an answer does not', () => {
  const one = thinker(true);
  one.saw(text, 1_000);
  for (let ms = 1_000; ms <= 3_000; ms += 400) one.saw(text, ms);
  assert.equal(one.outputTokens(9, 3_000), 9);
  one.saw(text, 5_000);
  assert.equal(one.outputTokens(9, 5_000), 9 + 6_000);
});

test('what was seen is charged also where less is held', () => {
  assert.equal(thinker(true, 5).outputTokens(900, 9_000), 900);
});
