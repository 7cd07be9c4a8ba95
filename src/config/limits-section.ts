/** `limits:` in the configuration. */
import { z } from 'zod';

import { compileCondition, compileValue, conditionText } from '#policy/access/condition.ts';
import { isNetwork } from '#policy/access/networks.ts';
import { limitDimensions } from '#policy/limiters/dimensions.ts';

import { didYouMeanOf } from './did-you-mean.ts';
import { durationField, quotaField, usdQuotaField } from './duration.ts';
import { modelField, nameField, whenObject } from './fields.ts';

const NAMES = Object.keys(limitDimensions);
/** Worked out for each call: `cel: principal.claims["department"][0]`. */
export const DIMENSION_EXPRESSION = 'cel:';
const EXPRESSION_CHARS_MAX = 2_048;

const dimension = z
  .string()
  .min(1)
  .max(EXPRESSION_CHARS_MAX)
  .superRefine((text, context) => {
    const problem = dimensionProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

function dimensionProblem(text: string): string | null {
  if (!text.startsWith(DIMENSION_EXPRESSION)) {
    if (NAMES.includes(text)) return null;
    return `count by ${NAMES.join(', ')}, or by an expression: "cel: call.endUser"${didYouMeanOf(text, NAMES)}`;
  }
  const compiled = compileValue(text.slice(DIMENSION_EXPRESSION.length).trim());
  return compiled.ok ? null : conditionText(compiled.error);
}

const condition = z
  .string()
  .min(1)
  .max(EXPRESSION_CHARS_MAX)
  .superRefine((text, context) => {
    const compiled = compileCondition(text);
    if (!compiled.ok) {
      context.addIssue({ code: 'custom', message: conditionText(compiled.error) });
    }
  });

export const tenantsField = z
  .array(nameField)
  .min(1)
  .max(10_000)
  .optional()
  .meta({ description: 'Only these tenants. Default: all.' });

export const modelsField = z
  .array(modelField)
  .min(1)
  .max(1_000)
  .optional()
  .meta({ description: 'Only these models, by their public names. Default: all.' });

const RATES = ['requests', 'tokens', 'inputTokens', 'outputTokens', 'bytes', 'usd'] as const;
const isGiven = (value: unknown): boolean => value !== undefined;

const limit = z
  .strictObject({
    name: nameField.meta({ description: 'Stands in records, metrics and headers.' }),
    per: z
      .array(dimension)
      .min(1)
      .max(8)
      .default(['tenant'])
      .meta({ description: 'One counter for each combination of these.' }),
    algorithm: z
      .enum(['token-bucket', 'sliding-window', 'leaky-bucket'])
      .default('token-bucket')
      .meta({
        description:
          'token-bucket: a steady rate, and a burst that fills while nobody calls. sliding-window: never more than the amount in any window. leaky-bucket: one call after the other; what comes too early waits its turn.',
      }),
    requests: quotaField.optional().meta({ description: 'Requests in a window: 60/1m.' }),
    tokens: quotaField.optional().meta({ description: 'Tokens in a window: 100000/1m.' }),
    inputTokens: quotaField.optional().meta({ description: 'Tokens of requests alone.' }),
    outputTokens: quotaField.optional().meta({ description: 'Tokens of answers alone.' }),
    bytes: quotaField.optional().meta({ description: 'Bytes of bodies and answers.' }),
    usd: usdQuotaField.optional().meta({ description: 'Money in a window: 2.50/1h.' }),
    burst: z
      .int()
      .min(1)
      .max(1_000_000_000_000)
      .optional()
      .meta({ description: 'What may come at once. Default: the amount of one window.' }),
    concurrency: z.int().min(1).max(1_000_000).optional().meta({
      description: 'Calls at once; a stream counts until its end.',
    }),
    queue: z.int().min(1).max(100_000).optional().meta({
      description: 'leaky-bucket: how many may wait, by counter. Default: 100.',
    }),
    waitMax: durationField({ min: '10ms', max: '5m' }).optional().meta({
      description: 'leaky-bucket: the longest that a call waits. Default: 10s.',
    }),
    tenants: tenantsField,
    models: modelsField,
    providers: z.array(nameField).min(1).max(1_000).optional().meta({
      description: 'Only attempts at these providers, by their names. Default: all.',
    }),
    networks: z
      .array(z.string().refine(isNetwork, 'write a network, such as 10.0.0.0/8 or 2001:db8::/32'))
      .min(1)
      .max(1_000)
      .optional()
      .meta({ description: 'Only addresses in these networks. Default: all.' }),
    when: condition.optional().meta({
      description: 'Only calls that this condition (CEL) is true for. Default: all.',
    }),
  })
  .refine((section) => [...RATES, 'concurrency' as const].some((key) => isGiven(section[key])), {
    path: ['requests'],
    when: whenObject,
    error: 'write requests, tokens, usd, bytes or concurrency, such as requests: 60/1m',
  })
  .check((context) => {
    for (const { key, message } of limitProblems(context.value)) {
      context.issues.push({ code: 'custom', path: [key], message, input: context.value });
    }
  });

type Shape = Asked & { readonly algorithm: string } & Readonly<
    Partial<Record<(typeof RATES)[number] | 'concurrency' | 'burst' | 'queue' | 'waitMax', unknown>>
  >;

interface Asked {
  readonly per: readonly string[];
  readonly providers?: readonly string[] | undefined;
}

/** Which provider a call goes to is known when a deployment is chosen, and anew for each attempt. */
export const isByProvider = ({ per, providers }: Asked): boolean =>
  providers !== undefined || per.includes('provider');

function limitProblems(section: Shape): { key: string; message: string }[] {
  const problems: { key: string; message: string }[] = [];
  const given = RATES.filter((rate) => isGiven(section[rate]));
  const isPaced = section.algorithm === 'leaky-bucket';
  if (isPaced && (given.length !== 1 || given[0] !== 'requests')) {
    problems.push({ key: 'algorithm', message: 'leaky-bucket paces requests, and nothing else' });
  }
  if (isPaced && isByProvider(section)) {
    const message = 'a call waits its turn before a provider is chosen: use another algorithm';
    problems.push({ key: 'algorithm', message });
  }
  if (!isPaced && (isGiven(section.queue) || isGiven(section.waitMax))) {
    problems.push({ key: 'queue', message: 'only a leaky-bucket has calls wait' });
  }
  if (section.algorithm !== 'token-bucket' && isGiven(section.burst)) {
    problems.push({ key: 'burst', message: 'only a token-bucket has a burst' });
  }
  return problems;
}

export const limitsSection = z
  .array(limit)
  .max(1_000)
  .default([])
  .meta({ description: 'Bounds on what callers may use in a time. A call must fit all of them.' });

export type LimitSection = z.output<typeof limit>;
