/**
 * Finds answers that tell the instructions they were given: planted canaries, and runs of words that
 * the system prompt has too. It compares and does not guess: an answer that puts the prompt into other
 * words, another language or another code is not found.
 */
import { z } from 'zod';

import { positions } from '#domain/passage.ts';

import { defineGuard, type Detector } from '../guard.ts';
import { phraseDetector } from '../phrases.ts';
import { scanOverlap } from './overlap.ts';
import { PromptIndexes } from './prompt-index.ts';

const config = z.strictObject({
  words: z
    .number()
    .int()
    .min(5)
    .max(64)
    .default(12)
    .meta({ description: 'Words in a row that an answer and a prompt must share.' }),
  from: z
    .array(z.enum(positions))
    .min(1)
    .max(positions.length)
    .default(['system'])
    .meta({ description: 'Positions of the call that answers must not tell.' }),
  canaries: z.array(z.string().min(8).max(256)).max(100).default([]).meta({
    description: 'Words that you planted in prompts and that no answer has a reason to say.',
  }),
});

export const promptLeakGuard = defineGuard({
  type: 'prompt-leak',
  description: 'Answers that repeat the system prompt, or a canary that was planted in it.',
  config,
  positions: ['assistant', 'reasoning', 'tool-arguments'],
  create({ words, from, canaries }) {
    const indexes = new PromptIndexes(from);
    const overlap: Detector = {
      scan(text, start, isEnd, { request }) {
        const index = indexes.of(request);
        if (index.isEmpty) return { findings: [], decidedTo: text.length };
        return scanOverlap({ text, isEnd, index, words }, start);
      },
    };
    const planted = canaries.length === 0 ? [] : [phraseDetector(canaries, 'canary')];
    return { type: 'prompt-leak', detectors: [overlap, ...planted] };
  },
});
