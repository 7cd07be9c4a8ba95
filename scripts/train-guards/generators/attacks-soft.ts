/**
 * Short and polite ways to lead an assistant away: the task is declared done, another begins, or the
 * text above is asked for. The twins change their mind or the topic, as people do.
 */
import { chance, pick, type Random } from '../random.ts';

import { type Bank, expand, styled } from './grammar.ts';
import { SOFT_WORDS, type SoftWords } from './soft-words.ts';
import { WORLD } from './words.ts';

const WORDS: Bank = {
  ...WORLD,
  word: ['OK', 'yes', 'no', 'banana', 'hello', 'free', '42', 'done', 'blue', 'I agree'],
};

export const softLanguages = Object.keys(SOFT_WORDS);

function wordsOf(language: string): SoftWords {
  const words = SOFT_WORDS[language];
  if (words === undefined) throw new Error(`no language ${language}`);
  return words;
}

const JOINS = ['. ', '! ', ', ', '. ', '\n', ' - ', '... '];
const JOINS_OF_TASKS = [': ', '. ', ', ', ':\n', ' - ', '; '];

type Part = keyof SoftWords;

const SHAPES: readonly (readonly Part[])[] = [
  ['praise', 'turn', 'task'],
  ['turn', 'task'],
  ['drop', 'task'],
  ['praise', 'drop', 'task'],
  ['drop', 'turn', 'task'],
  ['above'],
  ['above'],
  ['drop', 'above'],
  ['praise', 'above'],
  ['twin', 'drop', 'task'],
  ['twin', 'turn', 'above'],
  ['twin', 'drop', 'above'],
  ['drop'],
];

export function softAttack(random: Random, language: string): string {
  const words = wordsOf(language);
  let out = '';
  for (const part of pick(random, SHAPES)) {
    if (out !== '') out += pick(random, part === 'task' ? JOINS_OF_TASKS : JOINS);
    out += expand(random, pick(random, words[part]), WORDS);
  }
  return language === 'en' ? styled(random, out) : out + pick(random, ['', '.', '', '!']);
}

export function softTwin(random: Random, language: string): string {
  const { twin, praise } = wordsOf(language);
  const line = (from: readonly string[]): string => expand(random, pick(random, from), WORDS);
  const first = line(twin);
  if (chance(random, 0.25)) return `${line(praise)}. ${first}`;
  return chance(random, 0.3) ? `${first}${pick(random, JOINS)}${line(twin)}` : first;
}
