/** `providers:` in the configuration, derived from the registry of provider types. */
import { z } from 'zod';

import { providerConfig, type ProviderConfig } from '#providers/registry.ts';

import { durationField } from './duration.ts';
import { nameField } from './fields.ts';

const remoteKeys = {
  timeouts: z
    .strictObject({
      connect: durationField({ min: '10ms', max: '5m' })
        .prefault('5s')
        .meta({ description: 'Until the connection stands.' }),
      firstByte: durationField({ min: '10ms', max: '1h' })
        .prefault('60s')
        .meta({ description: 'Until the first byte of the answer.' }),
      interEvent: durationField({ min: '10ms', max: '1h' }).prefault('60s').meta({
        description: 'Longest wait for the next whole event, or for more of a whole answer.',
      }),
      total: durationField({ min: '10ms', max: '24h' })
        .prefault('15m')
        .meta({ description: 'Until the answer is complete.' }),
      bytesPerSecondMin: z.int().min(1).max(1_000_000).default(64).meta({
        description: 'A whole answer that comes slower, after the first `interEvent`, is late.',
      }),
    })
    .prefault({})
    .meta({ description: 'How long the provider may take for what.' }),
  ownSecrets: z.enum(['allowed', 'required'], 'use allowed or required').default('allowed').meta({
    description:
      'allowed: calls of a tenant that has brought its own secret use that one. required: no other is used.',
  }),
  propagateTrace: z.boolean().default(true).meta({
    description:
      'Where calls are traced, the provider is told the id of the trace and of its span (`traceparent`), and nothing else of it.',
  }),
  connectionsMax: z.int().min(1).max(4_096).default(256).meta({
    description:
      'Connections to this provider at once, and calls of each of its deployments; further calls wait, see `server.overload`.',
  }),
};

/** What an operator says of any provider; nothing here is found out. */
const placeKeys = {
  region: nameField
    .optional()
    .meta({ description: 'Where it works on calls: `eu`, `us`, `on-premises`; a name of yours.' }),
  agreements: z
    .array(nameField)
    .max(16)
    .optional()
    .meta({ description: 'What was agreed with it: `dpa`, `baa`; names of yours.' }),
};

type PlaceKeys = z.output<z.ZodObject<typeof placeKeys>>;
type RemoteKeys = z.output<z.ZodObject<typeof remoteKeys>>;

/** A provider as it is configured; those over a network have timeouts and a bound on connections. */
export type ProviderSection = ProviderConfig extends infer Member
  ? Member extends { baseUrl: string }
    ? Member & RemoteKeys & PlaceKeys
    : Member & PlaceKeys
  : never;
export type RemoteProviderSection = Extract<ProviderSection, { baseUrl: string }>;

export const isRemote = (provider: ProviderSection): provider is RemoteProviderSection =>
  'baseUrl' in provider;

const members = providerConfig.options.map((option) =>
  'baseUrl' in option.shape
    ? option.extend({ ...remoteKeys, ...placeKeys })
    : option.extend(placeKeys),
);
const [first, ...others] = members;

// The union is built from the registry at run time, so its type is said here once, as above.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const providerUnion: unknown = z.discriminatedUnion('type', [first, ...others] as never, {
  error: `\`type\` is one of ${providerConfig.options.map(({ shape }) => shape.type.value).join(', ')}`,
});
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const providerSection = providerUnion as z.ZodType<ProviderSection>;

export const providersSection = z
  .record(nameField, providerSection)
  .default({})
  .meta({ description: 'The APIs that calls go to, by a name of your choice.' });
