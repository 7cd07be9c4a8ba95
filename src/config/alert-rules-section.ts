/** `alertRules:` in the configuration: when what is measured is too much, and who is told. */
import { z } from 'zod';

import { type RuleType, ruleTypes } from '#telemetry/alert-rules/rule.ts';

import { alertSeverities } from './alerts-section.ts';
import { durationField, parseDuration } from './duration.ts';
import { nameField, pathField } from './fields.ts';
import { ABSENT_SECRET } from './substitute.ts';

const timeout = durationField({ min: '100ms', max: '30s' })
  .prefault('10s')
  .meta({ description: 'How long one attempt may take.' });
const allowPrivateAddress = z.boolean().default(false).meta({
  description: 'The receiver may have a private address, and a way without TLS.',
});
const shared = {
  name: nameField.meta({ description: 'Stands in rules, metrics, the log and the admin API.' }),
  allowPrivateAddress,
  timeout,
};

const isWebhook = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/u.test(url.protocol) && url.username + url.password === '';
};

const slack = z.strictObject({
  ...shared,
  type: z.literal('slack'),
  url: z
    .string()
    .max(2_048)
    .refine(
      (text) => text === ABSENT_SECRET || isWebhook(text),
      'write ${env:NAME} or ${file:PATH} with the address of an incoming webhook in it',
    )
    .meta({
      description: 'An incoming webhook of Slack, Mattermost and the like. It is a secret.',
    }),
});

const ADDRESS =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}$/u;
const addressField = z.string().regex(ADDRESS, 'write a mail address: soc@example.com');
const SERVER =
  /^(?<scheme>smtps?):\/\/(?:\[(?<six>[0-9a-fA-F:.]{2,45})\]|(?<host>[A-Za-z0-9._-]{1,253})):(?<port>[1-9][0-9]{0,4})$/u;

/** Null for what is no address of a server. */
export function smtpServer(text: string): { host: string; port: number; isTls: boolean } | null {
  const { scheme, six, host, port } = SERVER.exec(text)?.groups ?? {};
  const number = Number(port);
  if (scheme === undefined || number > 65_535) return null;
  return { host: six ?? host ?? '', port: number, isTls: scheme === 'smtps' };
}

const email = z
  .strictObject({
    ...shared,
    type: z.literal('email'),
    server: z
      .string()
      .max(300)
      .refine((text) => smtpServer(text) !== null, 'write smtps://host:465 or smtp://host:587')
      .meta({
        description: '`smtps://`: TLS from the start. `smtp://`: by STARTTLS, which must be.',
      }),
    isPlaintext: z.boolean().default(false).meta({
      description: 'No TLS and no password: for a relay of your own network.',
    }),
    from: addressField,
    to: z.array(addressField).min(1).max(50),
    username: z.string().min(1).max(256).optional(),
    password: z.string().min(1).max(4_096).optional().meta({
      description: 'Of `username`: write `${env:NAME}` or `${file:PATH}`.',
    }),
    ca: pathField.optional().meta({
      description: 'PEM file with the authorities of its certificate, in place of the system’s.',
    }),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ['password'],
    error: 'write both username and password, or neither',
  })
  .refine(({ isPlaintext, allowPrivateAddress: isOwn }) => !isPlaintext || isOwn, {
    path: ['isPlaintext'],
    error: 'mail without TLS is for your own network: set allowPrivateAddress: true',
  })
  .refine(({ isPlaintext, username }) => !isPlaintext || username === undefined, {
    path: ['username'],
    error: 'a password is not sent without TLS: leave it out, or isPlaintext',
  });

const receiver = z
  .discriminatedUnion('type', [slack, email], { error: '`type` is slack or email' })
  .refine(
    (one) => one.type !== 'slack' || one.allowPrivateAddress || !one.url.startsWith('http:'),
    { path: ['url'], error: 'use https, or allowPrivateAddress: true for your own network' },
  );

export type RuleReceiverSection = z.output<typeof receiver>;

type Unit = 'percent' | 'duration' | 'usd' | 'count' | 'none';
const UNITS: Readonly<Record<RuleType, Unit>> = {
  'error-rate': 'percent',
  'latency-p95': 'duration',
  spend: 'usd',
  blocks: 'count',
  'credential-failures': 'count',
  'provider-down': 'none',
  'audit-broken': 'none',
  'anchor-age': 'duration',
  'sink-lag': 'duration',
  'certificate-expiry': 'duration',
  'key-expiry': 'duration',
};
const WRITE: Readonly<Record<Unit, string>> = {
  percent: 'write a part of all requests, such as "5%"',
  duration: 'write a duration, such as 2s or 14d',
  usd: 'write dollars, such as "100usd"',
  count: 'write how many in the window, such as 50',
  none: 'leave `threshold` out: it is so, or it is not',
};

/** As rules compare it: a part of one, seconds, dollars, a count. Null: not in the unit of the type. */
export function thresholdOf(type: RuleType, written: string | number | undefined): number | null {
  const text = String(written ?? '');
  switch (UNITS[type]) {
    case 'none':
      // Gauges that are 1 where something is wrong.
      return written === undefined ? 0.5 : null;
    case 'percent':
      return /^(?:100|[0-9]{1,2}(?:\.[0-9]{1,3})?)%$/u.test(text)
        ? Number(text.slice(0, -1)) / 100
        : null;
    case 'usd':
      return /^[0-9]{1,9}(?:\.[0-9]{1,4})?usd$/u.test(text) ? Number(text.slice(0, -3)) : null;
    case 'count':
      return /^[0-9]{1,9}$/u.test(text) ? Number(text) : null;
    case 'duration': {
      const ms = parseDuration(text);
      return ms === null ? null : ms / 1_000;
    }
  }
}

const rule = z
  .strictObject({
    name: nameField,
    type: z.enum(ruleTypes, `use ${ruleTypes.join(', ')}`),
    threshold: z
      .union([z.string().max(32), z.number()])
      .optional()
      .meta({
        description: 'In the unit of the type: `5%`, `2s`, `100usd`, `50`.',
      }),
    window: durationField({ min: '1m', max: '24h' })
      .prefault('5m')
      .meta({ description: 'What is counted is counted in the last so long.' }),
    for: durationField({ min: '0s', max: '24h' })
      .prefault('1m')
      .meta({ description: 'It must be so for this long before anybody is told.' }),
    requestsMin: z.int().min(1).max(1_000_000).default(20).meta({
      description: 'Of error-rate and latency-p95: fewer requests in the window say nothing.',
    }),
    severity: z.enum(alertSeverities, `use ${alertSeverities.join(', ')}`).default('medium'),
    receivers: z.array(nameField).min(1).max(16).meta({
      description: 'Names of receivers, of those here and of those under `alerts`.',
    }),
  })
  .superRefine(({ type, threshold }, context) => {
    if (thresholdOf(type, threshold) !== null) return;
    context.addIssue({ code: 'custom', path: ['threshold'], message: WRITE[UNITS[type]] });
  });

export type AlertRuleSection = z.output<typeof rule>;

export const alertRulesSection = z
  .strictObject({
    receivers: z
      .array(receiver)
      .max(16)
      .default([])
      .meta({ description: 'People who are told, beside the webhooks under `alerts`.' }),
    repeat: durationField({ min: '1m', max: '7d' })
      .prefault('4h')
      .meta({ description: 'What goes on is told again after this.' }),
    every: durationField({ min: '100ms', max: '5m' })
      .prefault('10s')
      .meta({ description: 'How often rules are looked at; what is told at once is one message.' }),
    rules: z.array(rule).max(100).default([]),
  })
  .prefault({})
  .meta({ description: 'Alerts on what is measured: rates, latency, spend, the log, expiry.' });

export type AlertRulesSection = z.output<typeof alertRulesSection>;

/** With absolute paths: a relative one is relative to the folder of the configuration. */
export const withReceiverPaths = (
  section: AlertRulesSection,
  absolute: (path: string) => string,
): AlertRulesSection => ({
  ...section,
  receivers: section.receivers.map((one) =>
    one.type === 'email' && one.ca !== undefined ? { ...one, ca: absolute(one.ca) } : one,
  ),
});
