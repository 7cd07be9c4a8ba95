/**
 * Runs of words that an answer shares with the prompts it must not tell. A run is found as its words
 * come; text is held back only while it is one. What is found does not depend on how the text was cut:
 * the longest run from each word on is decided by the words, and a run has a cap of its own.
 */
import { setImmediate } from 'node:timers/promises';

import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Finding, Scan } from '../guard.ts';
import type { PromptIndex } from './prompt-index.ts';
import { endOfRest, type Word, wordAt } from './words.ts';

/** A longer run is reported in parts of this many words. */
const RUN_WORDS_MAX = 128;
/** Fewer characters than this are said by chance, in any script. */
const RUN_CHARS_MIN = 30;
/** Words read in one go; between two goes others have a turn. */
const WORDS_AT_ONCE = 10_000;

interface Reading {
  readonly text: string;
  readonly isEnd: boolean;
  readonly index: PromptIndex;
  /** How many words make a run. */
  readonly words: number;
}

/** What begins at a word: a run that ends where it ends, or one whose end is not there yet. */
interface Run {
  readonly count: number;
  readonly end: number;
  readonly isOpen: boolean;
}

export function scanOverlap(reading: Reading, from: number): MaybePromise<Scan> {
  const findings: Finding[] = [];
  const stoppedAt = step(reading, from, findings);
  return stoppedAt.isDone
    ? { findings, decidedTo: stoppedAt.at }
    : slowly(reading, stoppedAt.at, findings);
}

async function slowly(reading: Reading, from: number, findings: Finding[]): Promise<Scan> {
  for (let at = from; ;) {
    // oxlint-disable-next-line no-await-in-loop -- giving way is the purpose
    await setImmediate();
    const stoppedAt = step(reading, at, findings);
    if (stoppedAt.isDone) return { findings, decidedTo: stoppedAt.at };
    ({ at } = stoppedAt);
  }
}

/** Decides words from `from` on, at most so many; `isDone`: up to `at`, and no more can be decided. */
function step(
  reading: Reading,
  from: number,
  findings: Finding[],
): { readonly at: number; readonly isDone: boolean } {
  const { text, isEnd, words } = reading;
  let word = wordAt(text, endOfRest(text, from));
  for (let read = 0; word !== null; read += 1) {
    if (read >= WORDS_AT_ONCE) return { at: word.start, isDone: false };
    const run = runFrom(reading, word);
    if (run.isOpen) return { at: word.start, isDone: true };
    const isLeak = run.count >= words && run.end - word.start >= RUN_CHARS_MIN;
    if (isLeak) {
      findings.push({ category: 'system-prompt', start: word.start, end: run.end, score: 1 });
    }
    word = wordAt(text, isLeak ? run.end : word.end);
  }
  return { at: isEnd ? text.length : lastWhole(text), isDone: true };
}

/** The longest run from a word on. It is open while the text that is there could make it longer. */
function runFrom(reading: Reading, first: Word): Run {
  const { text, isEnd, index } = reading;
  if (isCut(reading, first)) {
    return { count: 0, end: first.end, isOpen: index.mayStart(first.text) };
  }
  let starts = index.starts(first.text);
  let [count, end] = [1, first.end];
  if (starts.length === 0) return { count: 0, end, isOpen: false };
  while (count < RUN_WORDS_MAX) {
    const next = wordAt(text, end);
    if (next === null) return { count, end, isOpen: !isEnd };
    if (isCut(reading, next)) {
      return { count, end, isOpen: index.mayGoOn(starts, count, next.text) };
    }
    const longer = index.goOn(starts, count, next.text);
    if (longer.length === 0) break;
    starts = longer;
    count += 1;
    ({ end } = next);
  }
  return { count, end, isOpen: false };
}

/** The last word of what is there may go on in what comes. */
const isCut = ({ text, isEnd }: Reading, { end }: Word): boolean =>
  !isEnd && end >= lastWhole(text);

/** Half of a character at the end belongs to what comes. */
const lastWhole = (text: string): number =>
  isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
