/** `models:` in the configuration: public names, and the deployments behind each. */
import { z } from 'zod';

import { heldStateKinds } from '#domain/held-state.ts';

import { modelField, nameField } from './fields.ts';
import { priceFields } from './prices-section.ts';

const deployment = z.strictObject({
  provider: nameField.meta({ description: 'A name under `providers`.' }),
  model: modelField
    .optional()
    .meta({ description: 'What the provider calls the model. Default: the alias.' }),
  region: nameField
    .optional()
    .meta({ description: 'Where this deployment works, if not where its provider does.' }),
  weight: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(1)
    .meta({ description: 'Share of the calls. 0: only when the others fail.' }),
});

/** Nothing here gives birth to these, so none of their ids could be bound to a caller. */
const OPERATORS_OWN: readonly string[] = ['stored-prompt', 'vector-store'];

const stateId = z
  .string()
  .regex(/^[\x21-\x7e]{1,512}$/u, 'use an id as the provider gave it, without spaces');

const aliasFields = z.strictObject({
  deployments: z
    .array(deployment)
    .min(1)
    .max(64)
    .refine(
      (all) => all.some(({ weight }) => weight > 0),
      'give at least one deployment a weight above 0',
    )
    .meta({ description: 'Where the calls of this name may go.' }),
  price: priceFields.optional().meta({
    description: 'What a call costs. Default: what the file of prices says, else the catalogue.',
  }),
  allowUnscanned: z
    .array(z.enum(['image', 'audio', 'file', 'video']))
    .max(4)
    .default([])
    .meta({ description: 'Content that text guards cannot read and that may pass all the same.' }),
  allowState: z
    .array(z.enum(heldStateKinds))
    .max(heldStateKinds.length)
    .default([])
    .meta({
      description:
        'Kinds of state at the provider that calls may make and use. An id is then taken only ' +
        'from whom it was given to, and only to its deployment.',
    }),
  stateIds: z
    .array(stateId)
    .max(256)
    .default([])
    .meta({
      description:
        'Ids of your own at the provider (stored prompts, vector stores, files, connectors, ' +
        'skills) that every caller of this name may use.',
    }),
});

const alias = aliasFields.refine(
  ({ allowState, stateIds }) =>
    stateIds.length > 0 || !allowState.some((kind) => OPERATORS_OWN.includes(kind)),
  {
    path: ['stateIds'],
    error: 'list the ids of the stored prompts and vector stores that may be used',
  },
);

export const modelsSection = z
  .record(modelField, alias)
  .default({})
  .meta({ description: 'The names that callers use for models.' });

export type ModelSection = z.output<typeof alias>;
