/**
 * Scores one unit of a passage: is there harm in it, and of which kind. What it gives depends on the
 * unit's text and on nothing else.
 */
import type { Finding } from '../guard.ts';
import { type Head, logitOf, WindowSums } from '../linear-model/model.ts';
import type { UnitVerdict } from '../linear-model/passage-scan.ts';
import { readShared, type Reading } from '../linear-model/reading.ts';
import { judge, type Judge, type Lines, scoreOf } from '../linear-model/verdict.ts';

import { type HarmCategory, type SortedCategory, sortedCategories } from './categories.ts';
import { harmEvidence } from './evidence.ts';

/** A head, what makes a logit of it, and where it alerts and may act. */
export interface HarmScale {
  readonly head: Head;
  readonly judge: Judge;
  readonly lines: Lines;
}

export interface HarmQuestion {
  readonly scale: HarmScale;
  /** One head a category, in their order; asked only of what is above the alert line. */
  readonly sorting: readonly Head[];
  /** Null where advice is not looked for. */
  readonly advice: HarmScale | null;
  readonly wanted: ReadonlySet<HarmCategory>;
}

export class HarmUnitScan {
  readonly #sums = new WindowSums();

  run(text: string, from: number, to: number, question: HarmQuestion): UnitVerdict {
    const reading = readShared(text, from, to);
    const { scale, advice, wanted, sorting } = question;
    const findings: Finding[] = [];
    const harm = this.#judge(reading, scale, to);
    if (harm.logit >= scale.lines.alert) {
      const category = sorted(reading, sorting, harm);
      if (wanted.has(category)) findings.push(findingOf(category, harm, scale.lines));
    }
    let score = scoreOf(harm.logit, scale.lines);
    if (advice !== null) {
      const asked = this.#judge(reading, advice, to);
      if (asked.logit >= advice.lines.alert) {
        findings.push(findingOf('regulated-advice', asked, advice.lines));
      }
      score = Math.max(score, scoreOf(asked.logit, advice.lines));
    }
    return { findings, score };
  }

  /** What the heads sort a whole text into, for training. */
  category(text: string, sorting: readonly Head[]): SortedCategory {
    const reading = readShared(text, 0, text.length);
    return sorted(reading, sorting, { bestFrom: 0, bestTo: reading.pass.segmentCount });
  }

  /** The numbers alone, for training. */
  dense(text: string, from: number, to: number, head: Head): Float64Array {
    return harmEvidence(readShared(text, from, to), this.#sums, head).dense;
  }

  #judge(reading: Reading, { head, judge: by }: HarmScale, textEnd: number): Judged {
    const { dense, bestFrom, bestTo } = harmEvidence(reading, this.#sums, head);
    const place = reading.placeOf(bestFrom, bestTo, textEnd);
    return { logit: judge(dense, by), bestFrom, bestTo, ...place };
  }
}

interface Judged {
  readonly logit: number;
  readonly bestFrom: number;
  readonly bestTo: number;
  readonly start: number;
  readonly end: number;
}

/** The category whose head likes the worst window most. */
function sorted(
  reading: Reading,
  sorting: readonly Head[],
  { bestFrom, bestTo }: Pick<Judged, 'bestFrom' | 'bestTo'>,
): SortedCategory {
  let [most, best] = [-Infinity, 0];
  for (const [index, head] of sorting.entries()) {
    const logit = logitOf(reading, head, bestFrom, bestTo);
    if (logit > most) [most, best] = [logit, index];
  }
  return sortedCategories[best] ?? 'violence';
}

function findingOf(category: HarmCategory, { logit, start, end }: Judged, lines: Lines): Finding {
  const isWeak = logit < lines.block;
  return { category, start, end, score: scoreOf(logit, lines), ...(isWeak && { isWeak }) };
}
