/** A detector that scores a passage unit by unit, and remembers the verdicts on texts that come again. */
import type { Position } from '#domain/passage.ts';
import { andThen } from '#stdx/maybe-promise.ts';

import type { Detector } from '../guard.ts';

import { PassageScan, type ScanUnit, strideOf } from './passage-scan.ts';
import { CACHED_CHARS_MIN, VerdictCache } from './verdict-cache.ts';

export interface ScoredModel {
  /** Stands in cache keys: other weights, other verdicts. */
  readonly version: string;
  scanUnitAt(position: Position): ScanUnit;
}

export function scoredDetector(model: ScoredModel): Detector {
  const cache = new VerdictCache(model.version);
  return {
    scan(text, from, isEnd, context) {
      const { position } = context;
      const fresh = () =>
        new PassageScan(model.scanUnitAt(position), strideOf(position)).run(
          text,
          from,
          isEnd,
          context,
        );
      // A stream's pieces are new by nature; whole texts come again with every call.
      if (from !== 0 || !isEnd || text.length < CACHED_CHARS_MIN) return fresh();
      const key = cache.keyOf(text, context);
      const known = cache.get(key);
      if (known !== undefined) return known;
      return andThen(fresh(), (scan) => {
        cache.set(key, scan);
        return scan;
      });
    },
  };
}
