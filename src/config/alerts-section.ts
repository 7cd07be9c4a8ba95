/** `alerts:` in the configuration: who is told of what guards find, by signed webhooks. */
import { z } from 'zod';

import { referredSealed } from '#custody/sealed.ts';

import { durationField } from './duration.ts';
import { nameField } from './fields.ts';
import { ABSENT_SECRET } from './substitute.ts';

export const alertTypes = [
  'guard.finding',
  'guard.unavailable',
  'tool.forbidden',
  'approval.waiting',
  'key.honey-used',
  'key.guessed',
  'key.quarantined',
  'budget.line',
  'budget.overrun',
  'audit.spool-filling',
] as const;
export const alertSeverities = ['low', 'medium', 'high'] as const;

/** Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 bytes, base64 after `whsec_`. */
const SECRET = /^whsec_(?<base64>(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/u;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
/** Random bytes repeat a little; fewer different ones than this were typed, not drawn. */
const DISTINCT_BYTES_MIN = 12;

/** The key that an operator's text stands for; null for what is none, or a weak one. */
export function webhookSecretBytes(text: string): Buffer | null {
  const base64 = SECRET.exec(text.trim())?.groups?.['base64'];
  if (base64 === undefined) return null;
  const bytes = Buffer.from(base64, 'base64');
  const isRightSize = bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX;
  return isRightSize && new Set(bytes).size >= DISTINCT_BYTES_MIN ? bytes : null;
}

const secretField = z.string().refine((text) => isSecret(text), {
  error:
    'write ${env:NAME} or ${file:PATH}, with `whsec_` and the base64 of 24 to 64 random bytes in it; `openssl rand -base64 32` draws them',
});

/** A tool reads the file without its secrets; a gateway does not start on what stands for one. */
const isSecret = (text: string): boolean =>
  text === ABSENT_SECRET || referredSealed(text) !== null || webhookSecretBytes(text) !== null;

const urlField = z
  .url({ protocol: /^https?$/u, error: 'write an http or https URL' })
  .max(2_048)
  .refine((text) => isPlain(text), {
    error: 'write it without user and fragment: the receiver knows us by the signature',
  });

function isPlain(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username + url.password + url.hash === '';
}

const alertTarget = z
  .strictObject({
    name: nameField.meta({ description: 'Stands in metrics, the log and the admin API.' }),
    url: urlField.meta({
      description: 'Where alerts are posted. https, but for your own network.',
    }),
    secret: secretField.meta({
      description: 'Signs each alert: `whsec_` and the base64 of 24 to 64 random bytes.',
    }),
    previousSecret: secretField.optional().meta({
      description: 'While you rotate: alerts carry a signature by each of the two.',
    }),
    events: z
      .array(z.enum(alertTypes, `use ${alertTypes.join(', ')}`))
      .min(1)
      .max(alertTypes.length)
      .optional()
      .meta({ description: 'Only these kinds of alerts. Default: all.' }),
    severityMin: z
      .enum(alertSeverities, `use ${alertSeverities.join(', ')}`)
      .default('low')
      .meta({
        description:
          'low: also what only alerts or observes. medium: what changed text. high: what stopped a call.',
      }),
    guards: z
      .array(nameField)
      .min(1)
      .max(256)
      .optional()
      .meta({ description: 'Only findings of these guards, by name. Default: all.' }),
    tenants: z
      .array(nameField)
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'Only calls of these tenants. Default: all.' }),
    allowPrivateAddress: z
      .boolean()
      .default(false)
      .meta({ description: 'The receiver may have a private address, and plain http.' }),
    timeout: durationField({ min: '100ms', max: '30s' })
      .prefault('5s')
      .meta({ description: 'How long one attempt may take.' }),
    attemptsMax: z
      .int()
      .min(1)
      .max(20)
      .default(8)
      .meta({ description: 'Attempts at one alert; between them it waits, longer each time.' }),
    ageMax: durationField({ min: '1s', max: '24h' })
      .prefault('1h')
      .meta({ description: 'An alert that is older is given up.' }),
    dedupWindow: durationField({ min: '0s', max: '24h' }).prefault('5m').meta({
      description:
        'The same finding is sent once in this time, then once more with the count of the others. 0s sends each.',
    }),
    queueMax: z.int().min(1).max(100_000).default(1_000).meta({
      description: 'Alerts that wait at most. A new one beyond them is dropped, counted.',
    }),
  })
  .refine(({ url, allowPrivateAddress }) => allowPrivateAddress || url.startsWith('https:'), {
    path: ['url'],
    error: 'use https, or allowPrivateAddress: true for your own network',
  });

export const alertsSection = z
  .array(alertTarget)
  .max(32)
  .default([])
  .meta({ description: 'Receivers of signed webhooks about what guards found.' });

export type AlertTargetSection = z.output<typeof alertTarget>;
