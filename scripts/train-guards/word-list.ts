/** The words that text without spaces is cut at: the commonest ones of what the model is trained on. */
import type { Row } from './rows.ts';

const ENGLISH_MAX = 3_600;
const FOREIGN_MAX = 1_200;
const CHARS_MAX = 16;
/** One source must not fill the list with its own words. */
const ROWS_EACH = 400;
/** Of short ones there are more strange ones than words, and they cut everything to pieces. */
const SHORT_SHARE_MIN = 0.004;
const SHORT_CHARS_MAX = 3;

const isForeign = ({ kind, language }: Row): boolean =>
  language !== undefined || /^(?:benign_)?ml$/u.test(kind);
const isProse = ({ kind }: Row): boolean => !/_ml$|code|tool/u.test(kind) || kind === 'benign_ml';

/** Common words first: the English ones, and behind them those of other languages. */
export function wordList(rows: readonly Row[]): string[] {
  const used = new Map<string, number>();
  const some = rows.filter((row) => {
    const name = `${row.kind}/${row.source}`;
    const nth = (used.get(name) ?? 0) + 1;
    used.set(name, nth);
    return nth <= ROWS_EACH && isProse(row);
  });
  const english = commonest(some.filter((row) => !isForeign(row))).slice(0, ENGLISH_MAX);
  const known = new Set(english);
  const foreign = commonest(some.filter(isForeign)).filter((word) => !known.has(word));
  return [...english, ...foreign.slice(0, FOREIGN_MAX)];
}

function commonest(rows: readonly Row[]): string[] {
  const counts = new Map<string, number>();
  for (const { text } of rows) {
    const plain = text
      .slice(0, 4_000)
      .replaceAll(/\\[nrt]/gu, ' ')
      .normalize('NFD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase();
    const words = new Set(Array.from(plain.matchAll(/[a-z]+/gu), ([found]) => found));
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const isWord = (word: string, count: number): boolean =>
    /^[ai]$/u.test(word) ||
    (word.length > 1 &&
      word.length <= CHARS_MAX &&
      (word.length > SHORT_CHARS_MAX || count > rows.length * SHORT_SHARE_MIN));
  return [...counts]
    .filter(([word, count]) => isWord(word, count))
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .map(([word]) => word);
}
