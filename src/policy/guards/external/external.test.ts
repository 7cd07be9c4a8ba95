import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';
import { type JsonValue, parseJson } from '#stdx/json.ts';

import { type GuardWorld, NO_WORLD } from '../guard.ts';
import { filterCut, filterWhole, guardContract, ruleOf } from '../guard.contract.ts';
import { type AdapterName, adapters } from './adapters.ts';
import { externalGuard, WINDOW_CHARS } from './external.ts';

/** A service of the operator's own that finds a word, wherever it stands in what it is asked. */
function wordService(word: string, asked: string[] = []): GuardWorld {
  return {
    ...NO_WORLD,
    http: () => ({
      open: () => ({
        post(_path, body) {
          const { text } = parseJson(body) as { text: string };
          asked.push(text);
          const findings = [...text.matchAll(new RegExp(word, 'gu'))].map(({ index }) => ({
            category: 'Secret Word',
            start: index,
            end: index + word.length,
          }));
          return Promise.resolve({ findings });
        },
      }),
    }),
  };
}

const section = (changes: object = {}) =>
  externalGuard.config.parse({ adapter: 'webhook', url: 'https://judge.example', ...changes });

guardContract(externalGuard.create(section(), wordService('falcon')), {
  found: 'falcon',
  nearMiss: 'falco n ',
  pieces: ['falcon', 'fal', 'con', ' ', 'a bird', 'x'],
});

test('a long text is asked about in windows, and a stream asks the same questions', async () => {
  const text = 'word '.repeat(5_000);
  const [whole, cut]: [string[], string[]] = [[], []];
  const guardOf = (asked: string[]) =>
    ruleOf(externalGuard.create(section(), wordService('nothing', asked)));
  await filterWhole([guardOf(whole)], text);
  await filterCut([guardOf(cut)], text, [1, 10, 9_000, 9_001, 20_000]);
  assert.deepEqual(whole, cut);
  assert.ok(whole.length === Math.ceil(text.length / WINDOW_CHARS) && whole.length > 2);
  assert.equal(whole.join(''), text);
});

test('a pair of surrogates is never cut, and half of one is never sent', async () => {
  const asked: string[] = [];
  const rule = ruleOf(externalGuard.create(section(), wordService('nothing', asked)));
  const text = `${'x'.repeat(WINDOW_CHARS - 1)}😀 and half \ud83d`;
  assert.equal(await filterWhole([rule], text), text);
  assert.equal(asked.length, 2);
  assert.ok(asked.every((one) => one.isWellFormed()));
});

test('a URL with a user, a query or a fragment is refused: they would be dropped, or printed', () => {
  for (const url of [
    'https://u:p@judge.example',
    'https://judge.example/?k=v',
    'https://j.example/#a',
  ]) {
    assert.throws(() => externalGuard.create(section({ url })), ConfigProblem);
  }
});

test('asks once about a text that is sent again, and never remembers that there was no answer', async () => {
  const asked: string[] = [];
  const rule = ruleOf(externalGuard.create(section(), wordService('falcon', asked)));
  await filterWhole([rule], 'a falcon');
  await filterWhole([rule], 'a falcon');
  assert.equal(asked.length, 1);
});

test('plain http is for one’s own network only', () => {
  assert.throws(() => externalGuard.create(section({ url: 'http://10.0.0.1' })), ConfigProblem);
  assert.ok(externalGuard.create(section({ url: 'http://10.0.0.1', allowPrivateAddress: true })));
});

const settings = { judge: null, threshold: 0.5, language: 'en' };
const read = (name: AdapterName, answer: JsonValue, text = 'some text') =>
  adapters[name].read(answer, text, settings);

describe('what services say', () => {
  test('openai-moderation: a category that is set, or whose score is over the threshold', () => {
    const answer = {
      results: [
        {
          flagged: true,
          categories: { 'hate/threatening': true, violence: false, sexual: false },
          category_scores: { 'hate/threatening': 0.2, violence: 0.7, sexual: 0.1 },
        },
      ],
    };
    assert.deepEqual(
      read('openai-moderation', answer).map(({ category, score, end }) => [category, score, end]),
      [
        ['hate-threatening', 0.2, 9],
        ['violence', 0.7, 9],
      ],
    );
  });

  test('llama-guard: safe, unsafe with hazards; a judge that talks has not judged', () => {
    const say = (content: string) => ({ choices: [{ message: { content } }] });
    assert.deepEqual(read('llama-guard', say('\n\nsafe')), []);
    assert.deepEqual(
      read('llama-guard', say('unsafe\nS1,S10')).map(({ category }) => category),
      ['violent-crimes', 'hate'],
    );
    assert.throws(() => read('llama-guard', say('I think it is fine.')));
    assert.throws(() => read('llama-guard', say('')));
  });

  test('presidio: offsets are code points, and outside the text they are an error', () => {
    const text = '😀 call 030-1234';
    const entity = { entity_type: 'PHONE_NUMBER', start: 7, end: 15, score: 0.75 };
    const [found] = read('presidio', [entity], text);
    assert.equal(text.slice(found?.start, found?.end), '030-1234');
    assert.equal(found?.category, 'phone-number');
    assert.throws(() => read('presidio', [{ ...entity, end: 99 }], text));
  });

  test('lakera: the detectors that fired', () => {
    const breakdown = [
      { detector_type: 'prompt_attack', detected: true },
      { detector_type: 'pii/email', detected: false },
    ];
    assert.deepEqual(read('lakera', { flagged: false, breakdown }), []);
    assert.deepEqual(
      read('lakera', { flagged: true, breakdown }).map(({ category }) => category),
      ['prompt-attack'],
    );
  });

  for (const name of [
    'openai-moderation',
    'llama-guard',
    'presidio',
    'lakera',
    'webhook',
  ] as const) {
    test(`${name}: what is no answer is an error, never a pass`, () => {
      for (const answer of [null, {}, [], 'ok', { findings: 1 }, { results: [] }, { flagged: 1 }]) {
        const isEmptyList = name === 'presidio' && Array.isArray(answer);
        if (!isEmptyList) assert.throws(() => read(name, answer), JSON.stringify(answer));
      }
    });
  }
});
