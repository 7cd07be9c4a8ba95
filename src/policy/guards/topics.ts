/**
 * Finds the operator's own words and patterns.
 *
 * Words match in any case, as whole words, with any white space where a space is written. Patterns
 * run on RE2, whose time is linear in the text whatever the pattern is: an operator's regex is never
 * given to a backtracking engine (28 characters can stall one for seconds).
 */
import { RE2JS } from 're2js';
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { defineGuard, type Detector, type Finding, guardActions } from './guard.ts';
import { phraseDetector } from './phrases.ts';

/** A pattern sees a line at a time, and no more of a line than this. */
export const LINE_CHARS_MAX = 2_048;

const rule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u)
      .optional()
      .meta({ description: 'Names the category in records. Default: rule-1, rule-2, …' }),
    match: z
      .union([z.string().min(2).max(256), z.array(z.string().min(2).max(256)).min(1).max(1_000)])
      .optional()
      .meta({ description: 'Words or phrases, in any case.' }),
    pattern: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .meta({
        description: `An RE2 pattern, matched line by line, over at most ${LINE_CHARS_MAX} characters of a line.`,
      }),
    action: z.enum(guardActions).default('block'),
  })
  .refine(({ match, pattern }) => (match === undefined) !== (pattern === undefined), {
    error: 'write either match or pattern',
  });

const config = z.strictObject({ rules: z.array(rule).min(1).max(200) });

export const topicsGuard = defineGuard({
  type: 'topics',
  description: 'Words and patterns that the operator names, each with an action of its own.',
  config,
  create({ rules }) {
    const named = rules.map((entry, index) => ({
      ...entry,
      name: entry.name ?? `rule-${index + 1}`,
    }));
    const actions = new Map(named.map(({ name, action }) => [name, action]));
    return {
      type: 'topics',
      detectors: named.map(({ name, match, pattern }, index) =>
        pattern === undefined
          ? phraseDetector([match ?? []].flat(), name)
          : patternDetector(compile(pattern, index), name),
      ),
      actionOf: (category) => actions.get(category),
    };
  },
});

/** One line at a time, from its first character, so that matches do not depend on the cut. */
function patternDetector(compiled: RE2JS, category: string): Detector {
  const scan: Detector['scan'] = (text, from, isEnd) => {
    const findings: Finding[] = [];
    let lineStart = from;
    while (lineStart < text.length) {
      const newline = text.indexOf('\n', lineStart);
      const full = lineStart + LINE_CHARS_MAX;
      const isWhole = newline !== -1 || text.length >= full || isEnd;
      if (!isWhole) break;
      const end = Math.min(full, newline === -1 ? text.length : newline + 1);
      const matcher = compiled.matcher(text.slice(lineStart, end));
      while (matcher.find()) {
        const [start, stop] = [lineStart + matcher.start(), lineStart + matcher.end()];
        if (stop > start) findings.push({ category, start, end: stop, score: 1 });
      }
      lineStart = end;
    }
    return { findings, decidedTo: lineStart };
  };
  return { takesTurns: true, scan };
}

function compile(pattern: string, index: number): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'not a pattern';
    throw new ConfigProblem(
      ['rules', index, 'pattern'],
      `${why}. RE2 has no look-around and no back-references`,
    );
  }
}
