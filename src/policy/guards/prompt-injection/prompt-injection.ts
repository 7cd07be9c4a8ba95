/**
 * Scores text for instructions to a model that should not be there: overrides, extraction, jailbreaks,
 * and orders to an agent in what its tools have read.
 *
 * It alerts where about one ordinary text in a hundred is suspected, and lets the rule act only where
 * about one in a thousand is. It is a statistical detector, and misses what looks like ordinary text.
 */
import { z } from 'zod';

import { defineGuard } from '../guard.ts';
import { scoredDetector } from '../linear-model/scored-detector.ts';

import { trainedModel } from './trained.ts';

const TYPE = 'prompt-injection';

export const promptInjectionGuard = defineGuard({
  type: TYPE,
  description:
    'Prompt injection, jailbreaks, prompt extraction, and instructions in tool results, by score.',
  config: z.strictObject({}),
  create() {
    return { type: TYPE, detectors: [scoredDetector(trainedModel())] };
  },
});
