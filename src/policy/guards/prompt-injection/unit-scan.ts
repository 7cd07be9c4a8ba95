/**
 * Scores one unit of a passage: as it is read, and in every view that there is a reason to try.
 * What it gives depends on the unit's text and on nothing else.
 */
import { Canonical } from '../linear-model/canonical.ts';
import { FeaturePass } from '../linear-model/feature-pass.ts';
import type { Head } from '../linear-model/model.ts';
import { WindowSums } from '../linear-model/model.ts';
import type { Finding } from '../guard.ts';

import { type Evidence, evidenceOf, judge, type Judge } from './judge.ts';
import { families } from './signatures.ts';
import { type View, viewsOf } from './views.ts';

export interface Lines {
  readonly alert: number;
  readonly block: number;
}

/** All that is needed to judge texts of one group of positions. */
export interface Scale {
  readonly head: Head;
  readonly judge: Judge;
  readonly lines: Lines;
}

export interface UnitVerdict {
  readonly findings: readonly Finding[];
  /** The highest score of any reading, findings or not. */
  readonly score: number;
}

interface Judged {
  readonly logit: number;
  readonly evidence: Evidence;
}

/** Views of views are tried once more: base64 of base64 is, a third layer is not. */
const DEPTH_MAX = 2;
/** Windows that look nearly as bad as the worst belong to what was found. */
const REGION_MARGIN = 1;
const REGION_SEGMENTS = 4;
/** A logit this far below the alert line is a score of 0. */
const CLEAN_BELOW = 8;

/** The alert line is a score of 0.5 and the block line one of 0.9, whatever the logits are. */
export function scoreOf(logit: number, { alert, block }: Lines): number {
  const raw =
    logit < alert
      ? 0.5 * Math.max(0, 1 - (alert - logit) / CLEAN_BELOW)
      : logit < block
        ? 0.5 + (0.4 * (logit - alert)) / (block - alert)
        : 1 - 0.1 * Math.exp(block - logit);
  // Rounded down: a score is never at a line that the text is below.
  return Math.floor(raw * 1_000) / 1_000;
}

export class UnitScan {
  readonly #canonical = new Canonical();
  readonly #pass = new FeaturePass();
  readonly #sums = new WindowSums();

  run(text: string, from: number, to: number, scale: Scale): UnitVerdict {
    const { lines } = scale;
    const main = this.#judge(text, from, to, scale);
    const found: Finding[] = [];
    if (main.logit >= lines.alert) {
      for (const { start, end } of this.#regions(to)) {
        found.push(findingOf(main, { start, end }, lines));
      }
    }
    let worst = main.logit;
    for (const view of this.#views(text, from, to)) {
      const judged = this.#judgeView(view.text, scale, DEPTH_MAX);
      worst = Math.max(worst, judged.logit);
      if (judged.logit >= lines.alert) found.push(findingOf(judged, view, lines));
    }
    return { findings: found, score: scoreOf(worst, lines) };
  }

  /** The evidence alone, for training. */
  evidence(text: string, from: number, to: number, head: Head): Evidence {
    const { evidence } = this.#judge(text, from, to, {
      head,
      judge: { bias: 0, weights: [] },
      lines: { alert: 0, block: 0 },
    });
    return evidence;
  }

  #judge(text: string, from: number, to: number, { head, judge: by }: Scale): Judged {
    this.#canonical.read(text, from, to);
    this.#pass.run(this.#canonical);
    this.#sums.read(this.#pass, head);
    const evidence = evidenceOf({ canonical: this.#canonical, pass: this.#pass, sums: this.#sums });
    return { logit: judge(evidence, by), evidence };
  }

  #judgeView(text: string, scale: Scale, depth: number): Judged {
    let worst = this.#judge(text, 0, text.length, scale);
    if (depth <= 1) return worst;
    for (const view of this.#views(text, 0, text.length)) {
      const judged = this.#judgeView(view.text, scale, depth - 1);
      if (judged.logit > worst.logit) worst = judged;
    }
    return worst;
  }

  #views(text: string, from: number, to: number): View[] {
    const { codes, origins, length } = this.#canonical;
    const { eventClasses, eventPlaces, eventCount } = this.#pass;
    const { singleCount, numberCount, mixedCount, longestWord } = this.#pass;
    const shape = { singleCount, numberCount, mixedCount, longestWord };
    const events = { eventClasses, eventPlaces, eventCount };
    return viewsOf({ text, from, to, codes, origins, length, ...events, ...shape });
  }

  /** Where it stands: the worst window, and others that look nearly as bad. */
  #regions(to: number): { start: number; end: number }[] {
    const { segmentCount } = this.#pass;
    if (segmentCount <= REGION_SEGMENTS) return [this.#place(0, segmentCount, to)];
    const line = this.#sums.worst(REGION_SEGMENTS).logit - REGION_MARGIN;
    const regions: { from: number; to: number }[] = [];
    for (let from = 0; from + REGION_SEGMENTS <= segmentCount; from += 1) {
      const end = from + REGION_SEGMENTS;
      if (this.#sums.logit(from, end) < line) continue;
      const last = regions.at(-1);
      if (last !== undefined && from <= last.to) last.to = end;
      else regions.push({ from, to: end });
    }
    return regions.map((region) => this.#place(region.from, region.to, to));
  }

  /** Segments as offsets in the original. */
  #place(from: number, to: number, textEnd: number): { start: number; end: number } {
    const { origins, length } = this.#canonical;
    const last = to * 64;
    return {
      start: origins[from * 64] ?? 0,
      end: last < length ? (origins[last] ?? textEnd) : textEnd,
    };
  }
}

function findingOf(
  { logit, evidence }: Judged,
  { start, end }: { start: number; end: number },
  lines: Lines,
): Finding {
  const category = families[evidence.family] ?? 'prompt-injection';
  const isWeak = logit < lines.block;
  return { category, start, end, score: scoreOf(logit, lines), ...(isWeak && { isWeak }) };
}
