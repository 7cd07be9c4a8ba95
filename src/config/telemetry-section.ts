/** `telemetry:` in the configuration: numbers, traces and lines of the log for operators; never content. */
import { z } from 'zod';

import { signals } from '#telemetry/otlp/shipper.ts';

import { durationField } from './duration.ts';
import { onlyField } from './fields.ts';

/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/u;
/** A line break would end the header and begin another. */
const HEADER_VALUE = /^[\x20-\x7e]{1,8192}$/u;
/** What we say ourselves, or what would change where the request ends. */
const OURS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'te',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);
const HEADERS_MAX = 16;

const headersField = z
  .record(
    z
      .string()
      .regex(HEADER_NAME, 'write the name of a header')
      .refine((name) => !OURS.has(name.toLowerCase()), 'this header is ours to write'),
    z.string().regex(HEADER_VALUE, 'write visible ASCII characters in one line'),
  )
  .refine((headers) => Object.keys(headers).length <= HEADERS_MAX, `at most ${HEADERS_MAX} headers`)
  .default({})
  .meta({
    description:
      'Sent with each request to the collector, and nowhere else. Values are secrets: write `${env:NAME}` or `${file:PATH}`; none is ever printed.',
  });

const isPlain = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && url.username + url.password + url.search + url.hash === '';
};

export const otlpSection = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/u, error: 'write an https URL' })
      .max(2_048)
      .refine(isPlain, 'write it without user, query and fragment: secrets belong in `headers`')
      .meta({
        description:
          'Where the collector takes OTLP over HTTP: https://collector:4318. `/v1/traces`, `/v1/metrics` and `/v1/logs` are added.',
      }),
    headers: headersField,
    signals: z
      .array(z.enum(signals, `use ${signals.join(', ')}`))
      .min(1)
      .max(signals.length)
      .default([...signals])
      .meta({ description: 'What is sent.' }),
    interval: durationField({ min: '100ms', max: '5m' }).prefault('10s').meta({
      description:
        'How often metrics are sent, and how long spans and lines of the log wait for others.',
    }),
    timeout: durationField({ min: '100ms', max: '30s' })
      .prefault('5s')
      .meta({ description: 'How long one request to the collector may take.' }),
    sampleRatio: z.number().min(0).max(1).default(1).meta({
      description:
        'Of calls that come without a `traceparent`: how many are traced, from 0 to 1. One that comes with it is traced where it says so.',
    }),
    traceState: z.enum(['drop', 'keep'], 'use drop or keep').default('drop').meta({
      description:
        'keep: what callers say in `tracestate` goes to the collector and to providers. It is text of theirs that no guard reads.',
    }),
    queueMax: z.int().min(256).max(100_000).default(4_096).meta({
      description:
        'Spans that wait at most, and as many lines of the log. More are dropped, counted.',
    }),
    allowPrivateAddress: z
      .boolean()
      .default(false)
      .meta({ description: 'The collector may have a private address, and plain http.' }),
    content: onlyField('never', 'telemetry.otlp.content').default('never'),
  })
  .refine(
    ({ endpoint, allowPrivateAddress }) => allowPrivateAddress || endpoint.startsWith('https:'),
    {
      path: ['endpoint'],
      error: 'use https, or allowPrivateAddress: true for your own network',
    },
  );

export type OtlpSection = z.output<typeof otlpSection>;

export const telemetrySection = z
  .strictObject({
    prometheus: z.boolean().default(true).meta({ description: '/metrics on the admin listener.' }),
    otlp: otlpSection.nullable().default(null).meta({
      description: 'An OpenTelemetry collector. null: nothing is sent.',
    }),
  })
  .meta({ description: 'Numbers for operators; never content.' });
