/**
 * Scores text for instructions to a model that should not be there: overrides, extraction, jailbreaks,
 * and orders to an agent in what its tools have read.
 *
 * It alerts where about one ordinary text in a hundred is suspected, and lets the rule act only where
 * about one in a thousand is. It is a statistical detector, and misses what looks like ordinary text.
 */
import { z } from 'zod';

import { andThen } from '#stdx/maybe-promise.ts';

import { defineGuard, type Detector } from '../guard.ts';

import { PassageScan } from './passage-scan.ts';
import { trainedModel } from './trained.ts';
import { CACHED_CHARS_MIN, VerdictCache } from './verdict-cache.ts';

const TYPE = 'prompt-injection';

export const promptInjectionGuard = defineGuard({
  type: TYPE,
  description:
    'Prompt injection, jailbreaks, prompt extraction, and instructions in tool results, by score.',
  config: z.strictObject({}),
  create() {
    return { type: TYPE, detectors: [injectionDetector()] };
  },
});

function injectionDetector(): Detector {
  const model = trainedModel();
  const cache = new VerdictCache(model.version);
  return {
    scan(text, from, isEnd, context) {
      const fresh = () => new PassageScan(model, context.position).run(text, from, isEnd, context);
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
