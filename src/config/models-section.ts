/** `models:` in the configuration: public names, and the deployments behind each. */
import { z } from 'zod';

import { modelField, nameField } from './fields.ts';

const deployment = z.strictObject({
  provider: nameField.meta({ description: 'A name under `providers`.' }),
  model: modelField
    .optional()
    .meta({ description: 'What the provider calls the model. Default: the alias.' }),
  weight: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(1)
    .meta({ description: 'Share of the calls. 0: only when the others fail.' }),
});

const price = z.strictObject({
  inputPerMTok: z.number().min(0).max(1_000_000).meta({ description: 'USD for a million tokens.' }),
  outputPerMTok: z
    .number()
    .min(0)
    .max(1_000_000)
    .meta({ description: 'USD for a million tokens.' }),
});

const alias = z.strictObject({
  deployments: z
    .array(deployment)
    .min(1)
    .max(64)
    .refine(
      (all) => all.some(({ weight }) => weight > 0),
      'give at least one deployment a weight above 0',
    )
    .meta({ description: 'Where the calls of this name may go.' }),
  price: price
    .optional()
    .meta({ description: 'What a call costs. Without it the cost is unknown.' }),
  allowUnscanned: z
    .array(z.enum(['image', 'audio', 'file', 'video']))
    .max(4)
    .default([])
    .meta({ description: 'Content that text guards cannot read and that may pass all the same.' }),
});

export const modelsSection = z
  .record(modelField, alias)
  .default({})
  .meta({ description: 'The names that callers use for models.' });

export type ModelSection = z.output<typeof alias>;
