/** `limits:` and `budgets:` in the configuration. */
import { z } from 'zod';

import { limitDimensions } from '#policy/limiters/dimensions.ts';

import { quotaField } from './duration.ts';
import { LATER, laterField, nameField, whenObject } from './fields.ts';

const limit = z
  .strictObject({
    name: nameField.meta({ description: 'Stands in records, metrics and headers.' }),
    per: z
      .array(
        z.enum(
          limitDimensions,
          `count by ${limitDimensions.join(', ')}; any other dimension ${LATER}`,
        ),
      )
      .min(1)
      .max(6)
      .default(['tenant'])
      .meta({ description: 'One bucket for each combination of these.' }),
    algorithm: z
      .literal('token-bucket', `only token-bucket for now; any other algorithm ${LATER}`)
      .default('token-bucket')
      .meta({ description: 'A steady rate, and a burst that fills while nobody calls.' }),
    requests: quotaField.optional().meta({ description: 'Requests in a window: 60/1m.' }),
    tokens: quotaField.optional().meta({ description: 'Tokens in a window: 100000/1m.' }),
    burst: z
      .int()
      .min(1)
      .max(1_000_000_000_000)
      .optional()
      .meta({ description: 'What may come at once. Default: the amount of one window.' }),
    tenants: z
      .array(nameField)
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'Only these tenants. Default: all.' }),
    concurrency: z.int().min(1).max(1_000_000).optional().meta({
      description: 'Calls at once; a stream counts until its end.',
    }),
    queue: laterField('queue'),
  })
  .refine(
    ({ requests, tokens, concurrency }) =>
      requests !== undefined || tokens !== undefined || concurrency !== undefined,
    {
      path: ['requests'],
      when: whenObject,
      error: 'write requests, tokens or concurrency, such as requests: 60/1m',
    },
  );

export const limitsSection = z
  .array(limit)
  .max(1_000)
  .default([])
  .meta({ description: 'Bounds on what callers may use in a time. A call must fit all of them.' });

export const budgetsSection = laterField('budgets');

export type LimitSection = z.output<typeof limit>;
