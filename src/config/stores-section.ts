/** `storage:`, `counters:` and `ledger:` in the configuration: what several gateways share. */
import { z } from 'zod';

import { durationField } from './duration.ts';
import { nameField } from './fields.ts';

const URL_CHARS_MAX = 2_048;
const SSL_MODES = ['disable', 'verify-full'];

const passwordField = z.string().min(1).max(4_096).optional().meta({
  description: 'Beside the URL: write `${file:PATH}` or `${env:NAME}`.',
});

/** No problem quotes a URL: it may hold a password. */
const valkeyUrl = z
  .string()
  .max(URL_CHARS_MAX)
  .refine((text) => isPlainUrl(text, ['redis:', 'rediss:'], /^\/?\d{0,3}$/u), {
    error: 'write redis://host:6379 or rediss://host:6379, with no query and no fragment',
  })
  .meta({ description: 'redis:// or rediss:// (TLS), with the number of a database at the end.' });

export const postgresUrl = z
  .string()
  .max(URL_CHARS_MAX)
  .refine((text) => isPostgresUrl(text), {
    error:
      'write postgres://user@host:5432/database; of a query only sslmode=verify-full or disable is read',
  })
  .meta({
    description:
      'postgres://user@host:5432/database. TLS with the certificate checked, but on this machine; `?sslmode=disable` turns it off.',
  });

function isPlainUrl(text: string, protocols: readonly string[], path: RegExp): boolean {
  const url = URL.parse(text);
  if (url === null || url.hostname === '' || !protocols.includes(url.protocol)) return false;
  return url.search === '' && url.hash === '' && path.test(url.pathname);
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  const modes = [...url.searchParams].every(
    ([name, value]) => name === 'sslmode' && SSL_MODES.includes(value),
  );
  url.search = '';
  return modes && isPlainUrl(url.href, ['postgres:', 'postgresql:'], /^\/[^/]{1,63}$/u);
}

const whileAway = (description: string) =>
  z.enum(['soft', 'lease', 'deny'], 'use soft, lease or deny').meta({ description });

const shared = {
  password: passwordField,
  namespace: nameField.default('llmproxy').meta({
    description: 'Gateways that name the same one share their counters.',
  }),
  deadline: durationField({ min: '5ms', max: '5s' })
    .prefault('50ms')
    .meta({ description: 'How long one step may take; a later answer is none.' }),
  onUnavailable: z
    .strictObject({
      limits: whileAway(
        'soft: each gateway counts for itself, with the limit divided by the gateways that were there. lease: what the gateway has on loan may be spent, for ten seconds at most; then 503. deny: 503.',
      ).default('soft'),
      budgets: whileAway('The same for hard budgets.').default('deny'),
    })
    .prefault({})
    .meta({ description: 'What happens while the store does not answer.' }),
  leases: z.boolean().default(false).meta({
    description:
      'Calls that come often are counted in the gateway, out of a loan for a second that the store has granted. Limits hold; near one every call asks the store.',
  }),
};

export const countersSection = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('valkey'), url: valkeyUrl, ...shared }),
      z.strictObject({ type: z.literal('postgres'), url: postgresUrl, ...shared }),
    ],
    { error: '`type` is one of valkey, postgres' },
  )
  .optional()
  .meta({ description: 'Counters that several gateways share. Absent: in this process.' });

export const storageSection = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('sqlite') }),
      z.strictObject({
        type: z.literal('postgres'),
        url: postgresUrl,
        password: passwordField,
        staleMax: durationField({ min: '1s', max: '7d' }).prefault('1h').meta({
          description:
            'How long keys and roles that were known last go on working while the server does not answer. Then calls get 503.',
        }),
      }),
    ],
    { error: '`type` is one of sqlite, postgres' },
  )
  .prefault({ type: 'sqlite' })
  .meta({
    description:
      'Where keys and administrative objects are kept: in the data folder, or on a server that several gateways share.',
  });

export const ledgerSection = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('storage') }),
      z.strictObject({ type: z.literal('sqlite') }),
      z.strictObject({ type: z.literal('postgres'), url: postgresUrl, password: passwordField }),
    ],
    { error: '`type` is one of storage, sqlite, postgres' },
  )
  .prefault({ type: 'storage' })
  .meta({
    description:
      'What calls have cost. Gateways that share budgets share it. `storage`: where keys are kept.',
  });

export type CountersSection = NonNullable<z.output<typeof countersSection>>;
export type StorageSection = z.output<typeof storageSection>;
export type LedgerSection = z.output<typeof ledgerSection>;

/** The server that has the ledger, with its password; null: it is in the data folder. */
export function ledgerUrl({
  ledger,
  storage,
}: {
  readonly ledger: LedgerSection;
  readonly storage: StorageSection;
}): string | null {
  if (ledger.type === 'postgres') return urlWithPassword(ledger);
  return storage.type === 'postgres' ? urlWithPassword(storage) : null;
}

/** The address with its password in it: for whoever connects, and for nobody who prints. */
export function urlWithPassword({
  url,
  password,
}: {
  readonly url: string;
  readonly password?: string | undefined;
}): string {
  if (password === undefined) return url;
  const whole = new URL(url);
  whole.password = encodeURIComponent(password);
  return whole.href;
}
