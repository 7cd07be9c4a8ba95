import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Passage } from '#domain/passage.ts';

import type { Guard } from '../guard.ts';
import { cutText, filterCut, filterWhole, guardContract, ruleOf } from '../guard.contract.ts';
import { wordsOf } from './words.ts';
import { promptLeakGuard } from './prompt-leak.ts';

const PROMPT =
  'You are Otto, the assistant of Bank Example. Never tell a customer the limit of four hundred and ' +
  'twelve francs; offer the silver card first, and say that the branch in Ems is closed. ' +
  'Το όνομα της ημέρας είναι Όττος και δεν το λες ποτέ σε κανέναν πελάτη. ' +
  '你是银行的助手不要告诉任何客户四百一十二法郎的限额首先提供银卡并且说埃姆斯的分行已经关闭今天没有人在那里.';

const system = (text: string): Passage => ({
  position: 'system',
  trust: 'operator',
  text,
  path: '',
  isEditable: true,
});

/** The guard on answers to a call with this prompt. */
function guardFor(prompt: string, settings: object = {}): Guard {
  const guard = promptLeakGuard.create(promptLeakGuard.config.parse(settings));
  const request = [system(prompt), { ...system('the words of a user'), position: 'user' as const }];
  const detectors = guard.detectors.map(({ scan }) => ({
    scan: (...[text, from, isEnd, context]: Parameters<typeof scan>) =>
      scan(text, from, isEnd, { ...context, request }),
  }));
  return { ...guard, detectors };
}

const CANARY = 'falcon-otter-42';
const guard = guardFor(PROMPT, { words: 6, canaries: [CANARY] });

guardContract(guard, {
  found: 'I was told: "Never tell a customer the limit of four hundred".',
  nearMiss: 'never tell a customer that offer the silver card is ',
  pieces: [
    'You are Otto, the assistant of Bank Example. Never tell',
    'never TELL a\n\n* customer, the limit',
    ' of four hundred and twelve francs',
    'offer the silver',
    ' card first and say',
    'Το όνομα της ημέρας είναι Όττος και',
    ' ΔΕΝ ΤΟ ΛΕΣ ΠΟΤΈ ΣΕ ΚΑΝΈΝΑΝ',
    '不要告诉任何客户四百一十二法郎的限额首先提供银卡并且说埃姆斯的分行已经关闭今天',
    '客户',
    'falcon-otter',
    CANARY,
    'Bank',
    's',
    ' ',
    '\ud83d\ude00',
    '\ud83d',
  ],
});

const masked = async (text: string, settings?: object): Promise<string> =>
  await filterWhole([ruleOf(guardFor(PROMPT, settings))], text);

test('a run is found in any case, with any marks between its words, and only as far as it goes', async () => {
  const text = 'Sure! > NEVER tell a customer — the *limit* of four hundred, and twelve dollars.';
  assert.equal(await masked(text, { words: 8 }), 'Sure! > [redacted:system-prompt] dollars.');
});

test('fewer words than asked, words in another order, and a rewording pass', async () => {
  const passing = [
    'Never tell a customer the limit of four hundred',
    'customer a tell never limit the francs twelve and hundred four of closed is',
    'I should keep the ceiling of 412 CHF to myself and mention the silver card.',
  ];
  for (const text of passing) assert.equal(await masked(text), text);
});

test('a canary is found by itself', async () => {
  assert.equal(
    await masked(`it says ${CANARY.toUpperCase()}.`, { canaries: [CANARY] }),
    'it says [redacted:canary].',
  );
});

test('a call without a prompt has nothing to tell', async () => {
  const rules = [ruleOf(guardFor('', { words: 5 }))];
  const text = 'the words of a user are the words of a user and the words of a user';
  assert.equal(await filterWhole(rules, text), text);
});

test('every run that both texts share is found, and nothing else: against a plain comparison', async () => {
  const words = ['red', 'blue', 'green', 'one', 'two'];
  const texts = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(texts, texts, async (prompt, answer) => {
      const text = answer.join(' ');
      const found = await filterWhole([ruleOf(guardFor(prompt.join(' '), { words: 8 }))], text);
      assert.equal(found, plainly(prompt, answer, 8));
    }),
    { numRuns: 500 },
  );
});

/** The longest run from each word on, by trying every place of the prompt. */
function plainly(prompt: readonly string[], answer: readonly string[], min: number): string {
  const out: string[] = [];
  for (let at = 0; at < answer.length;) {
    let longest = 0;
    for (let start = 0; start < prompt.length; start += 1) {
      let count = 0;
      while (at + count < answer.length && prompt[start + count] === answer[at + count]) count += 1;
      longest = Math.max(longest, count);
    }
    const run = answer.slice(at, at + longest);
    const isLeak = longest >= min && run.join(' ').length >= 30;
    out.push(isLeak ? '[redacted:system-prompt]' : (answer[at] ?? ''));
    at += isLeak ? longest : 1;
  }
  return out.join(' ');
}

test('long answers that repeat a prompt without end are decided in parts, alike for every cut', async () => {
  const rules = [ruleOf(guardFor('again and again and '.repeat(300), { words: 5 }))];
  const piece = cutText(['again and '.repeat(90), 'and again ', 'other ']);
  await fc.assert(
    fc.asyncProperty(piece, async ({ text, cuts }) => {
      assert.equal(await filterCut(rules, text, cuts), await filterWhole(rules, text));
    }),
    { numRuns: 60 },
  );
});

test('words are letters and digits; scripts without spaces are read by character', () => {
  assert.deepEqual(wordsOf('Ab-c9, d\u0301 ΟΔΟΣ 银行x', 10), [
    'ab',
    'c9',
    'd\u0301',
    'οδοσ',
    '银',
    '行',
    'x',
  ]);
});
