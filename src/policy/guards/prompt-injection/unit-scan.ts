/**
 * Scores one unit of a passage: as it is read, and in every view that there is a reason to try.
 * What it gives depends on the unit's text and on nothing else.
 */
import type { Finding } from '../guard.ts';
import { type Head, WindowSums } from '../linear-model/model.ts';
import type { UnitVerdict } from '../linear-model/passage-scan.ts';
import { Reading, readShared } from '../linear-model/reading.ts';
import { type Judge, judgeAll, type Lines, scoreOf } from '../linear-model/verdict.ts';

import { type Evidence, evidenceOf } from './judge.ts';
import { frameOf, type Framing, mentionLogit } from './mentions.ts';
import { families } from './signatures.ts';
import { type View, viewsOf } from './views.ts';

/** All that is needed to judge texts of one group of positions. */
export interface Scale {
  readonly head: Head;
  readonly judges: readonly Judge[];
  readonly lines: Lines;
  readonly framing: Framing;
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
export class UnitScan {
  /** Views are texts of their own: they must not displace the text that other guards read too. */
  readonly #viewReading = new Reading();
  readonly #sums = new WindowSums();
  #reading = this.#viewReading;

  run(text: string, from: number, to: number, scale: Scale): UnitVerdict {
    const { lines } = scale;
    const main = this.#judge(readShared(text, from, to), scale);
    const found: Finding[] = [];
    const regions = main.logit < lines.alert ? [] : this.#regions(to);
    const views = this.#views(text, from, to);
    const logit =
      main.logit < lines.alert
        ? main.logit
        : this.#mentioned(main.logit, text.slice(from, to), scale);
    if (logit >= lines.alert) {
      for (const { start, end } of regions) {
        found.push(findingOf({ ...main, logit }, { start, end }, lines));
      }
    }
    let worst = logit;
    for (const view of views) {
      const judged = this.#judgeView(view.text, scale, DEPTH_MAX);
      worst = Math.max(worst, judged.logit);
      if (judged.logit >= lines.alert) found.push(findingOf(judged, view, lines));
    }
    return { findings: found, score: scoreOf(worst, lines) };
  }

  /** The evidence alone, for training. */
  evidence(text: string, head: Head): Evidence {
    const { evidence } = this.#judge(readShared(text, 0, text.length), {
      head,
      judges: [],
    });
    return evidence;
  }

  /** What a text comes to that may be speaking of an attack instead of being one. */
  #mentioned(whole: number, piece: string, scale: Scale): number {
    const frame = frameOf(piece, scale.framing);
    if (frame === null) return whole;
    const reading = this.#viewReading.read(frame.text, 0, frame.text.length);
    return mentionLogit({ whole, frame: this.#judge(reading, scale).logit }, frame);
  }

  #judge(reading: Reading, { head, judges }: Pick<Scale, 'head' | 'judges'>): Judged {
    this.#reading = reading;
    const { canonical, pass } = reading;
    this.#sums.read(reading, head);
    const evidence = evidenceOf({ canonical, pass, sums: this.#sums });
    return { logit: judgeAll(evidence.dense, judges), evidence };
  }

  #judgeView(text: string, scale: Scale, depth: number): Judged {
    let worst = this.#judge(this.#viewReading.read(text, 0, text.length), scale);
    if (depth <= 1) return worst;
    for (const view of this.#views(text, 0, text.length)) {
      const judged = this.#judgeView(view.text, scale, depth - 1);
      if (judged.logit > worst.logit) worst = judged;
    }
    return worst;
  }

  #views(text: string, from: number, to: number): View[] {
    const { canonical, pass } = this.#reading;
    const { codes, origins, length } = canonical;
    const { eventClasses, eventPlaces, eventCount } = pass;
    const { singleCount, numberCount, mixedCount, longestWord } = pass;
    const shape = { singleCount, numberCount, mixedCount, longestWord };
    const events = { eventClasses, eventPlaces, eventCount };
    return viewsOf({ text, from, to, codes, origins, length, ...events, ...shape });
  }

  /** Where it stands: the worst window, and others that look nearly as bad. */
  #regions(to: number): { start: number; end: number }[] {
    const { segmentCount } = this.#reading.pass;
    const place = (from: number, until: number) => this.#reading.placeOf(from, until, to);
    if (segmentCount <= REGION_SEGMENTS) return [place(0, segmentCount)];
    const line = this.#sums.worst(REGION_SEGMENTS).logit - REGION_MARGIN;
    const regions: { from: number; to: number }[] = [];
    for (let from = 0; from + REGION_SEGMENTS <= segmentCount; from += 1) {
      const end = from + REGION_SEGMENTS;
      if (this.#sums.logit(from, end) < line) continue;
      const last = regions.at(-1);
      if (last !== undefined && from <= last.to) last.to = end;
      else regions.push({ from, to: end });
    }
    return regions.map((region) => place(region.from, region.to));
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
