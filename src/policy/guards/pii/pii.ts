/**
 * Finds personal data that has a form: addresses, numbers with checksums, and what a word beside it
 * names. Names of persons and places are only guessed, and never edited unless an operator says so.
 */
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { defineGuard, type Detector, guardActions } from '../guard.ts';
import {
  defaultEntities,
  entityNames,
  guessedEntities,
  profileNames,
  PROFILES,
} from './entities.ts';
import { plainForms } from '../plain-forms.ts';
import { namesDetector } from './names.ts';
import { PiiScan } from './scan.ts';
import { Wanted } from './wanted.ts';

const entity = z.enum(entityNames, `an entity is one of ${entityNames.join(', ')}`);

const config = z.strictObject({
  entities: z
    .array(entity)
    .min(1)
    .max(entityNames.length)
    .optional()
    .meta({ description: 'What is looked for. Default: all but url, date, person and location.' }),
  profile: z.enum(profileNames).optional().meta({
    description: 'A list of entities by the name of what asks for it, instead of `entities`.',
  }),
  actions: z
    .partialRecord(entity, z.enum(guardActions))
    .default({})
    .meta({ description: "Entities whose findings do something else than the guard's action." }),
  allow: z
    .array(z.string().min(1).max(256))
    .max(1_000)
    .default([])
    .meta({ description: 'Exact values, in any case, that are nobody’s: a support address.' }),
});

/**
 * A pattern is made ready when it is first used, which takes tens of milliseconds for all of them:
 * when the gateway starts, and not in a call. Once for texts of Latin letters, once for others.
 */
const WARM_UP = ['', 'ł '].map(
  (letters) =>
    `${letters}tel 0301 2345678, 4111 2222 3333 4444, DE12 3456, AB 12 34 56 C, born March 12, 1980 at 12 Main Road, x@y.zz 1:2:3`,
);

export const piiGuard = defineGuard({
  type: 'pii',
  description:
    'Personal data that has a form: e-mail, phone, cards, bank and identity numbers, addresses.',
  config,
  create({ entities, profile, actions, allow }) {
    if (entities !== undefined && profile !== undefined) {
      throw new ConfigProblem(['profile'], 'write either entities or profile');
    }
    const names = entities ?? (profile === undefined ? defaultEntities : PROFILES[profile]);
    for (const name of Object.keys(actions)) {
      if (names.some((known) => known === name)) continue;
      throw new ConfigProblem(['actions', name], 'has an action, and is not looked for');
    }
    const wanted = new Wanted(names, allow);
    for (const text of WARM_UP) new PiiScan(text, 0, true, wanted).run();
    const detectors: Detector[] = [
      {
        takesTurns: true,
        scan: (text, from, isEnd) => new PiiScan(plainForms(text), from, isEnd, wanted).run(),
      },
    ];
    const guessed = names.filter((name) => guessedEntities.includes(name));
    if (guessed.length > 0) detectors.push(namesDetector(new Set(guessed)));
    const own = new Map<string, (typeof guardActions)[number]>([
      ...guessed.map((name) => [name, 'alert'] as const),
      ...Object.entries(actions),
    ]);
    return {
      type: 'pii',
      detectors,
      ...(own.size > 0 && { actionOf: (category: string) => own.get(category) }),
    };
  },
});
