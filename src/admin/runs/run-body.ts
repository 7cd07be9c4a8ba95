/** What is asked for when a run is minted. Nothing that was sent is repeated in what is told of it. */
import { z } from 'zod';

import { parseDuration } from '#config/duration.ts';
import type { Denial } from '#domain/denial.ts';
import { NANO_PER_USD } from '#domain/money.ts';
import { RUN_DEPTH_MAX, RUN_MS_MAX, type RunCaps } from '#domain/run.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { titleField } from '../fields.ts';

const USD_MAX = 1_000_000;
const CALLS_MAX = 1_000_000_000;
const RUN_MS_MIN = 1_000;

const pattern = z.string().min(1).max(256);

const body = z.strictObject({
  usd: z
    .number()
    .transform((usd) => Math.round(usd * NANO_PER_USD))
    .refine((nanoUsd) => nanoUsd > 0 && nanoUsd <= USD_MAX * NANO_PER_USD)
    .optional(),
  calls: z.int().min(1).max(CALLS_MAX).optional(),
  wallTime: z
    .string()
    .max(16)
    .transform((text) => parseDuration(text) ?? 0)
    .refine((ms) => ms >= RUN_MS_MIN && ms <= RUN_MS_MAX),
  tools: z.array(pattern).max(1_000).optional(),
  models: z.array(pattern).min(1).max(256).optional(),
  depth: z.int().min(0).max(RUN_DEPTH_MAX).default(0),
  name: titleField.optional(),
});

const PROBLEMS: Readonly<Record<keyof z.output<typeof body>, string>> = {
  usd: `dollars, more than 0 and at most ${USD_MAX}`,
  calls: `a whole number of calls, 1 to ${CALLS_MAX}`,
  wallTime: 'how long it may take, from 1s to 24h, such as "30m"',
  tools: 'names of tools, with * for any characters; an empty list is no tool',
  models: 'names of models, with * for any characters, at least one',
  depth: `how many runs may be below each other under it, 0 to ${RUN_DEPTH_MAX}`,
  name: 'a name of 1 to 256 characters',
};

const isField = (name: unknown): name is keyof typeof PROBLEMS =>
  typeof name === 'string' && Object.hasOwn(PROBLEMS, name);

export interface WantedRun extends RunCaps {
  readonly wallMs: number;
  readonly tools: readonly string[] | null;
  readonly models: readonly string[] | null;
  readonly name: string | null;
}

export const malformed = (field: string, problem: string): Result<never, Denial> =>
  err({ reason: 'request-malformed', field, problem });

export function parseRun(sent: JsonObject): Result<WantedRun, Denial> {
  const parsed = body.safeParse(sent);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0];
    return isField(field)
      ? malformed(field, PROBLEMS[field])
      : malformed('body', `a run has ${Object.keys(PROBLEMS).join(', ')}, and no other field`);
  }
  const { usd, calls, wallTime, tools, models, depth, name } = parsed.data;
  return ok({
    nanoUsd: usd ?? null,
    calls: calls ?? null,
    depth,
    wallMs: wallTime,
    tools: tools ?? null,
    models: models ?? null,
    name: name ?? null,
  });
}
