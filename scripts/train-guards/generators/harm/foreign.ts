/**
 * The same in other languages: a language is one entry. `harm` and `calm` are halves of frames and of
 * what is asked; the even and the odd entries are two families, so that one can be held out.
 */
import type { SortedCategory } from '#policy/guards/harm/categories.ts';

import { pick, type Random } from '../../random.ts';
import { expand, styled } from '../grammar.ts';
import { EASTERN } from './foreign-eastern.ts';
import type { Foreign } from './foreign-language.ts';
import { NORTHERN } from './foreign-northern.ts';
import { ROMANCE } from './foreign-romance.ts';

const FOREIGN: Readonly<Record<string, Foreign>> = { ...ROMANCE, ...NORTHERN, ...EASTERN };

/** The order of the rows is part of the training: a new language goes to the end. */
export const harmLanguages = 'es fr de it pt nl pl ru tr zh ar hi'.split(' ');
if (harmLanguages.length !== Object.keys(FOREIGN).length) throw new Error('a language is left out');

const entryOf = (language: string): Foreign => {
  const entry = FOREIGN[language];
  if (entry === undefined) throw new Error(`no language ${language}`);
  return entry;
};

export interface ForeignKind {
  readonly language: string;
  /** 0 or 1: half of what is asked. */
  readonly half: 0 | 1;
}

export interface ForeignText {
  readonly text: string;
  readonly category: SortedCategory;
}

export function foreignHarm(random: Random, { language, half }: ForeignKind): ForeignText {
  const { frames, harm } = entryOf(language);
  const category = pick(random, Object.keys(harm) as SortedCategory[]);
  const act = harm[category]?.[half] ?? '';
  return { text: framed(random, frames, act), category };
}

export function foreignCalm(random: Random, { language, half }: ForeignKind): string {
  const { frames, calm } = entryOf(language);
  return framed(
    random,
    frames,
    pick(
      random,
      calm.filter((_, index) => index % 2 === half),
    ),
  );
}

const framed = (random: Random, frames: readonly string[], act: string): string =>
  styled(
    random,
    expand(random, pick(random, frames), { act: [act] })
      .replaceAll(/ {2,}/gu, ' ')
      .trim(),
  );
