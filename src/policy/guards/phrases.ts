/** Words and phrases of the operator: any case, whole words, any white space where a space is written. */
import type { Detector, Finding } from './guard.ts';

const SPACE_RUN_MAX = 8;

/** Every place where a phrase starts, each decided by itself. */
export function phraseDetector(phrases: readonly string[], category: string): Detector {
  const parts = phrases.map((phrase) => phrase.trim().split(/\s+/u));
  const sources = parts.map((words) => words.map(escape).join(`\\s{1,${SPACE_RUN_MAX}}`));
  const any = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${sources.join('|')})(?![\\p{L}\\p{N}_])`, 'giu');
  const partials = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${parts.map(partialOf).join('|')})$`, 'iu');
  const charsMax = Math.max(
    ...parts.map((words) => words.join('').length * 2 + words.length * SPACE_RUN_MAX),
  );
  const scan: Detector['scan'] = (text, from, isEnd) => {
    let decidedTo = text.length;
    if (!isEnd) {
      const tailStart = Math.max(from, text.length - charsMax - 1);
      const tail = text.slice(Math.max(0, tailStart - 2));
      const open = partials.exec(tail);
      if (open !== null) decidedTo = Math.max(from, text.length - tail.length + open.index);
    }
    const findings: Finding[] = [];
    any.lastIndex = from;
    for (let match = any.exec(text); match !== null; match = any.exec(text)) {
      const start = match.index;
      if (start >= decidedTo) break;
      findings.push({ category, start, end: start + match[0].length, score: 1 });
      any.lastIndex = start + 1;
    }
    return { findings, decidedTo };
  };
  return { takesTurns: true, scan };
}

const escape = (literal: string): string => literal.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&');

/** A pattern for every beginning of a phrase, the whole of it included. */
function partialOf(words: readonly string[]): string {
  const units = words.flatMap((word, index) => [
    ...(index === 0 ? [] : [`\\s{1,${SPACE_RUN_MAX}}`]),
    ...Array.from(word, escape),
  ]);
  return units.reduceRight((rest, unit) => `${unit}(?:${rest})?`, '');
}
