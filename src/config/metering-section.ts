/** `metering:` in the configuration: who is told of usage. */
import { z } from 'zod';

import { meterMeasures } from '#domain/meter-event.ts';

import { nameField } from './fields.ts';

const url = (about: string) =>
  z
    .url({ protocol: /^https?$/u, error: 'write an https URL' })
    .max(2_048)
    .meta({ description: about });

const shared = {
  name: nameField.meta({ description: 'Stands in metrics and the log.' }),
  allowPrivateAddress: z
    .boolean()
    .default(false)
    .meta({ description: 'The receiver may have a private address, and plain http.' }),
};

const apiKey = z.string().min(8, 'a secret has at least 8 characters').max(4_096);

const stripe = z.strictObject({
  ...shared,
  type: z.literal('stripe'),
  url: url('Where the API is.').default('https://api.stripe.com'),
  apiKey: apiKey.meta({ description: 'A restricted key that may write meter events.' }),
  meters: z
    .partialRecord(z.enum(meterMeasures), z.string().min(1).max(100))
    .refine((meters) => Object.keys(meters).length > 0, 'name a meter for one measure at least')
    .meta({ description: 'By measure, the event name of its meter.' }),
  customers: z
    .record(nameField, z.string().regex(/^cus_[A-Za-z0-9]{1,64}$/u, 'write a customer: cus_…'))
    .meta({ description: 'By tenant, its customer. Tenants that are not named are not told of.' }),
});

const openmeter = z.strictObject({
  ...shared,
  type: z.literal('openmeter'),
  url: url('Where events are posted: …/api/v1/events.'),
  apiKey: apiKey.optional().meta({ description: 'Sent as a bearer token.' }),
  eventType: z.string().min(1).max(100).default('llm-usage').meta({
    description: 'The `type` of each CloudEvent.',
  }),
  source: z.string().min(1).max(200).default('llmproxy').meta({
    description: 'The `source` of each CloudEvent.',
  }),
});

const receiver = z
  .discriminatedUnion('type', [stripe, openmeter], { error: '`type` is stripe or openmeter' })
  .refine(({ url: to, allowPrivateAddress }) => allowPrivateAddress || to.startsWith('https:'), {
    path: ['url'],
    error: 'use https, or allowPrivateAddress: true for your own network',
  });

export const meteringSection = z
  .strictObject({
    receivers: z
      .array(receiver)
      .max(16)
      .default([])
      .meta({ description: 'Who is told of usage, by quarters of an hour.' }),
  })
  .prefault({})
  .meta({ description: 'Usage beyond the ledger.' });

export type MeterReceiverSection = z.output<typeof receiver>;
