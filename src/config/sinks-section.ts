/**
 * `audit.sinks` in the configuration: who else gets the audit records. Longer than a file should be: a form a
 * receiver, nine of them, out of the same few fields, and nothing else.
 */
import { z } from 'zod';

import { sinkFormats } from '#audit/sinks/renderers/registry.ts';
import { referredSealed } from '#custody/sealed.ts';

import { webhookSecretBytes } from './alerts-section.ts';
import { durationField } from './duration.ts';
import { nameField, pathField } from './fields.ts';
import { postgresUrl } from './stores-section.ts';
import { ABSENT_SECRET } from './substitute.ts';

const MIB = 1_024 * 1_024;
const SECRET_CHARS_MAX = 4_096;

const shared = {
  name: nameField.meta({
    description: 'Stands in metrics, the log, the cursor and the admin API.',
  }),
  required: z.boolean().default(true).meta({
    description: 'Records are not deleted before this sink has them.',
  }),
  personal: z.boolean().default(true).meta({
    description: 'False: `user`, `endUser`, `ip` and `textDigest` are left out.',
  }),
  from: z
    .enum(['end', 'start'], 'use end or start')
    .default('end')
    .meta({ description: 'Where a sink begins that has no cursor yet.' }),
  timeout: durationField({ min: '100ms', max: '5m' })
    .prefault('10s')
    .meta({ description: 'How long one parcel may take; a later answer is none.' }),
};

const format = (usual: (typeof sinkFormats)[number]) =>
  z
    .enum(sinkFormats, `use ${sinkFormats.join(', ')}`)
    .default(usual)
    .meta({ description: 'How a record is written.' });

const allowPrivateAddress = z.boolean().default(false).meta({
  description: 'The receiver may have a private address, and a way without TLS.',
});
const ca = pathField.optional().meta({
  description:
    'PEM file with the authorities that may sign its certificate, in place of the system’s.',
});
const secret = (description: string) =>
  z
    .string()
    .min(8, 'a secret has at least 8 characters')
    .refine((text) => text.length <= SECRET_CHARS_MAX || referredSealed(text) !== null, {
      error: `a secret has at most ${SECRET_CHARS_MAX} characters`,
    })
    .meta({ description });

const urlField = z
  .url({ protocol: /^https?$/u, error: 'write an https URL' })
  .max(2_048)
  .refine((text) => isPlain(text), 'write it without user and fragment: secrets have fields')
  .meta({ description: 'Where it is. https, but for your own network.' });

function isPlain(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username + url.password + url.hash === '';
}

const ADDRESS =
  /^(?<transport>udp|tcp|tls):\/\/(?:\[(?<six>[0-9a-fA-F:.]{2,45})\]|(?<host>[A-Za-z0-9._-]{1,253})):(?<port>[1-9][0-9]{0,4})$/u;

export interface SyslogTarget {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
}

/** Null for what is no address of a syslog receiver. */
export function syslogTarget(text: string): SyslogTarget | null {
  const { transport, six, host, port } = ADDRESS.exec(text)?.groups ?? {};
  const isTransport = transport === 'udp' || transport === 'tcp' || transport === 'tls';
  const number = Number(port);
  if (!isTransport || !(number >= 1 && number <= 65_535)) return null;
  return { transport, host: six ?? host ?? '', port: number };
}

const file = z.strictObject({
  ...shared,
  type: z.literal('file'),
  path: pathField.meta({ description: 'The file that lines are appended to.' }),
  format: format('json'),
  fileBytesMax: z
    .int()
    .min(MIB)
    .max(16 * 1_024 * MIB)
    .default(64 * MIB)
    .meta({ description: 'A file that has grown to this becomes `.1`, and a new one is begun.' }),
  filesMax: z.int().min(2).max(1_000).default(10).meta({
    description: 'Files that are kept, with the one that is written.',
  }),
});

const syslog = z.strictObject({
  ...shared,
  type: z.literal('syslog'),
  address: z
    .string()
    .max(300)
    .refine(
      (text) => syslogTarget(text) !== null,
      'write tls://host:port, tcp://host:port or udp://host:port',
    )
    .meta({ description: '`tls://`, `tcp://` or `udp://`, host and port.' }),
  format: format('json'),
  messageBytesMax: z.int().min(2_048).max(262_144).default(8_192).meta({
    description: 'A longer message is shortened. rsyslog takes 8 KiB unless it is told otherwise.',
  }),
  allowPrivateAddress,
  ca,
  cert: pathField.optional().meta({ description: 'PEM file with a certificate of ours.' }),
  key: pathField.optional().meta({ description: 'PEM file with its private key.' }),
});

const splunk = z.strictObject({
  ...shared,
  type: z.literal('splunk'),
  url: urlField,
  token: secret('The token of the HTTP Event Collector.'),
  index: z.string().min(1).max(80).optional().meta({ description: 'Default: the token’s own.' }),
  sourcetype: z.string().min(1).max(80).default('llmproxy:audit'),
  format: format('json'),
  allowPrivateAddress,
  ca,
});

const elasticsearch = z.strictObject({
  ...shared,
  type: z.literal('elasticsearch'),
  url: urlField,
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/u, 'use lower-case letters, digits and . _ -')
    .default('llmproxy-audit')
    .meta({ description: 'An index or a data stream.' }),
  apiKey: secret('The encoded API key, as Elasticsearch prints it.').optional(),
  username: z.string().min(1).max(200).optional().meta({ description: 'In place of `apiKey`.' }),
  password: secret('Of `username`.').optional(),
  format: z
    .enum(['ecs', 'json', 'ocsf'], 'use ecs, json or ocsf: documents are JSON')
    .default('ecs')
    .meta({ description: 'How a record is written.' }),
  allowPrivateAddress,
  ca,
});

const otlp = z.strictObject({
  ...shared,
  type: z.literal('otlp'),
  url: urlField.meta({ description: 'The whole address: https://collector:4318/v1/logs.' }),
  token: secret('Sent as a bearer token.').optional(),
  format: format('json'),
  allowPrivateAddress,
  ca,
});

const signing = z.string().refine((text) => isSigning(text), {
  error:
    'write ${env:NAME} or ${file:PATH}, with `whsec_` and the base64 of 24 to 64 random bytes in it',
});

const isSigning = (text: string): boolean =>
  text === ABSENT_SECRET || referredSealed(text) !== null || webhookSecretBytes(text) !== null;

const webhook = z.strictObject({
  ...shared,
  type: z.literal('webhook'),
  url: urlField,
  secret: signing.meta({ description: 'Signs each message, as for alerts.' }),
  previousSecret: signing.optional().meta({ description: 'While you rotate: both sign.' }),
  format: format('json'),
  allowPrivateAddress,
  ca,
});

const postgres = z.strictObject({
  ...shared,
  type: z.literal('postgres'),
  url: postgresUrl,
  password: z.string().min(1).max(4_096).optional().meta({
    description: 'Beside the URL: write `${file:PATH}` or `${env:NAME}`.',
  }),
  table: z
    .string()
    .regex(
      /^(?:[a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,62}$/u,
      'use lower-case letters, digits and _, with a schema and a dot before it if you like',
    )
    .default('llmproxy_audit')
    .meta({ description: 'Made where it is not there and the role may.' }),
});

const s3 = z.strictObject({
  ...shared,
  // A segment is 64 MiB.
  timeout: durationField({ min: '1s', max: '15m' })
    .prefault('2m')
    .meta({ description: 'How long one file may take.' }),
  type: z.literal('s3'),
  url: urlField.meta({ description: 'The endpoint: https://s3.eu-central-1.amazonaws.com.' }),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{2,62}$/u, 'use the name of a bucket: 3 to 63 of a-z, 0-9, . and -'),
  region: z.string().regex(/^[a-z0-9-]{1,40}$/u, 'write a region such as eu-central-1'),
  prefix: z
    .string()
    .regex(
      /^(?:[A-Za-z0-9._=-]+\/){0,8}$/u,
      'write folders, each with a slash behind it, or nothing',
    )
    .default('')
    .meta({ description: 'Stands before the names of objects.' }),
  accessKeyId: z.string().min(3).max(128),
  secretAccessKey: secret('Signs each request; it is never sent.'),
  addressing: z
    .enum(['path', 'host'], 'use path or host')
    .default('path')
    .meta({ description: 'host: the bucket is in the name of the host of `url` already.' }),
  objectLock: z
    .strictObject({
      mode: z.enum(['governance', 'compliance'], 'use governance or compliance'),
      retention: durationField({ min: '1d', max: '3650d' }).meta({
        description: 'Each object is kept for so long after it was put.',
      }),
    })
    .optional()
    .meta({ description: 'For buckets that have Object Lock: nobody deletes before the date.' }),
  allowPrivateAddress,
  ca,
});

const kafka = z.strictObject({
  ...shared,
  type: z.literal('kafka'),
  brokers: z
    .array(z.string().regex(/^[A-Za-z0-9._[\]:-]{1,253}:[0-9]{1,5}$/u, 'write host:port'))
    .min(1)
    .max(32),
  topic: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/u, 'use letters, digits and . _ -'),
  format: format('json'),
  isPlaintext: z.boolean().default(false).meta({
    description: 'No TLS: for a broker of your own network.',
  }),
  ca,
  sasl: z
    .strictObject({
      mechanism: z.enum(
        ['plain', 'scram-sha-256', 'scram-sha-512'],
        'use plain, scram-sha-256 or scram-sha-512',
      ),
      username: z.string().min(1).max(200),
      password: secret('Of `username`.'),
    })
    .optional(),
  packages: pathField.optional().meta({
    description: 'Folder with `node_modules/kafkajs`. Default: beside the program, then `dataDir`.',
  }),
});

const members = [file, syslog, splunk, elasticsearch, otlp, webhook, postgres, s3, kafka] as const;
const TYPES = members.map(({ shape }) => shape.type.value).join(', ');

const needsTls = (sink: {
  readonly type: string;
  readonly url?: string;
  readonly address?: string;
}) => sink.type !== 'postgres' && !/^(?:https|tls):/u.test(sink.url ?? sink.address ?? 'tls:');

const sink = z
  .discriminatedUnion('type', members, { error: `\`type\` is one of ${TYPES}` })
  .refine((one) => !needsTls(one) || ('allowPrivateAddress' in one && one.allowPrivateAddress), {
    path: ['allowPrivateAddress'],
    error: 'use https or tls, or allowPrivateAddress: true for your own network',
  })
  .refine((one) => one.type !== 'syslog' || (one.cert === undefined) === (one.key === undefined), {
    path: ['key'],
    error: 'write both cert and key, or neither',
  })
  .refine((one) => one.type !== 'elasticsearch' || hasOneCredential(one), {
    path: ['apiKey'],
    error: 'write apiKey, or username and password, or none of them',
  });

const hasOneCredential = (one: z.output<typeof elasticsearch>): boolean =>
  (one.username === undefined) === (one.password === undefined) &&
  (one.apiKey === undefined || one.username === undefined);

export const sinksSection = z
  .array(sink)
  .max(32)
  .refine((sinks) => new Set(sinks.map(({ name }) => name)).size === sinks.length, {
    error: 'two sinks have one name: each has a cursor of its own',
  })
  .default([])
  .meta({ description: 'Receivers of the records: SIEMs, archives, databases.' });

export const spoolBytesMax = z
  .int()
  .min(64 * MIB)
  .max(2 ** 50)
  .default(8 * 1_024 * MIB)
  .meta({
    description:
      'Bytes of the log that may wait for required sinks. At 70 % an alert is raised; at 100 % `onFailure` says what becomes of calls.',
  });

export type SinkSection = z.output<typeof sink>;
export type SinkSectionOf<Type extends SinkSection['type']> = Extract<SinkSection, { type: Type }>;

const FILE_FIELDS = ['ca', 'cert', 'key'];
export const SINK_PATHS: readonly string[] = [...FILE_FIELDS, 'path', 'packages'];

const pathsOf = (one: SinkSection, fields: readonly string[]) =>
  Object.entries(one).flatMap(([field, value]): [string, string][] =>
    fields.includes(field) && typeof value === 'string' ? [[field, value]] : [],
  );

/** Files that a sink reads, by field. */
export const sinkFiles = (one: SinkSection) => pathsOf(one, FILE_FIELDS);

/** With absolute paths: a relative one is relative to the folder of the configuration. */
export const withSinkPaths = (
  sinks: readonly SinkSection[],
  absolute: (path: string) => string,
): SinkSection[] =>
  sinks.map((one) => {
    const paths: Record<string, string> = {};
    for (const [field, path] of pathsOf(one, SINK_PATHS)) paths[field] = absolute(path);
    return { ...one, ...paths };
  });
