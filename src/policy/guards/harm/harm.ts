/**
 * Looks for harm by category: what should not be helped with in a request, and what should not be
 * said in an answer.
 *
 * A linear model cannot tell a threat from a thriller well enough to refuse either, so it alerts and
 * nothing else, unless an operator gives a category an action by name. Then only what is far above the
 * line is acted on.
 */
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { defineGuard } from '../guard.ts';
import { scoredDetector } from '../linear-model/scored-detector.ts';

import { defaultCategories, harmCategories, sensitivities } from './categories.ts';
import { harmModel } from './trained.ts';

const TYPE = 'harm';

/** A surrogate would need a value to give back, and harm is none. */
const harmActions = ['alert', 'redact', 'block'] as const;

const category = z.enum(harmCategories, `a category is one of ${harmCategories.join(', ')}`);

const config = z.strictObject({
  categories: z
    .array(category)
    .min(1)
    .max(harmCategories.length)
    .optional()
    .meta({ description: 'What is looked for. Default: all but regulated-advice.' }),
  sensitivity: z
    .enum(sensitivities)
    .default('normal')
    .meta({ description: 'high finds more and is wrong more often, low the other way round.' }),
  actions: z.partialRecord(category, z.enum(harmActions)).default({}).meta({
    description:
      "Categories whose surest findings do this. All others only alert: the guard's own action is not used.",
  }),
});

export const harmGuard = defineGuard({
  type: TYPE,
  description:
    'Sensitive requests and harmful answers by category, by score. Alerts only, unless a category has an action.',
  config,
  positions: ['user', 'assistant'],
  isOptIn: true,
  create({ categories, sensitivity, actions }) {
    const wanted = new Set(categories ?? defaultCategories);
    for (const name of Object.keys(actions)) {
      if (harmCategories.some((known) => known === name && wanted.has(known))) continue;
      throw new ConfigProblem(['actions', name], 'has an action, and is not looked for');
    }
    const own = new Map(Object.entries(actions));
    const isActing = own.values().some((action) => action !== 'alert');
    return {
      type: TYPE,
      detectors: [scoredDetector(harmModel(wanted, sensitivity))],
      ...(isActing ? {} : { onlyAlerts: true }),
      actionOf: (name: string) => own.get(name) ?? 'alert',
    };
  },
});
