/** What a search of the log takes, and how a row and a record are shown to whom. */
import { z } from 'zod';

import { auditKinds, type AuditRecord } from '#audit/record.ts';
import { modelField, nameField } from '#config/fields.ts';
import type { IndexFilter, IndexPlace, IndexRow } from '#storage/audit-index.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { RecordRowView } from '../audit-contract.ts';
import { type Actor, mayDo, sees } from '../permissions.ts';
import { type Problem, problem } from '../problem.ts';

const text = z.string();
const name = text.nullable();
/** Names that callers and identity providers choose: bounded, and of one line. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u)
    .optional();

/** Nothing was ever used or recorded outside of them, and calendars end somewhere. */
const YEARS = { fromMs: Date.parse('2000-01-01T00:00Z'), toMs: Date.parse('2101-01-01T00:00Z') };

function isInYears(value: string): boolean {
  const ms = Date.parse(value);
  return ms >= YEARS.fromMs && ms < YEARS.toMs;
}

export const time = (about: string) =>
  z
    .string()
    .max(40)
    .refine(isInYears, 'write a time such as 2026-11-01T00:00:00Z, of the years 2000 to 2100')
    .transform((value) => Date.parse(value))
    .optional()
    .meta({ description: `${about}, ISO 8601.` });

const whole = (about: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/u)
    .transform(Number)
    .optional()
    .meta({ description: about });

/** Without times: what also a live tail takes. */
export const recordFilterFields = {
  tenant: nameField.optional(),
  user: line(256).meta({ description: 'Needs `records.personal`, like `endUser`.' }),
  endUser: line(256),
  key: line(128),
  requestId: line(128),
  kind: z.enum(auditKinds).optional(),
  isEnd: z
    .enum(['true'])
    .transform(() => true as const)
    .optional()
    .meta({ description: 'One record a call: `complete` or `deny`.' }),
  route: line(128),
  model: modelField.optional(),
  provider: line(128),
  decision: line(64),
  status: z
    .string()
    .regex(/^[1-9]\d{2}$/u)
    .transform(Number)
    .optional(),
  action: line(128),
  guard: line(128).meta({ description: 'A rule that found something; with `category`: that.' }),
  category: line(128),
  costMinNanoUsd: whole('The least that it cost.'),
  costMaxNanoUsd: whole('The most that it cost.'),
  text: line(256).meta({ description: 'Words of the reason, eight at most; all of them.' }),
};

export const recordTimeFields = {
  from: time('The beginning'),
  to: time('The end, which is not in it'),
};

const PLACE =
  /^(?<atMs>\d{1,15})\.(?<seq>\d{1,15})\.(?<writer>[a-z0-9-]{1,32}(?:@[A-Za-z0-9]{16})?)$/u;

export const placeField = z
  .string()
  .regex(PLACE)
  .optional()
  .meta({ description: 'The `next` of the page before.' });

export const placeText = ({ atMs, seq, writer }: IndexPlace): string => `${atMs}.${seq}.${writer}`;

export function placeOf(text: string | undefined): IndexPlace | null {
  const { atMs, seq, writer } = PLACE.exec(text ?? '')?.groups ?? {};
  if (atMs === undefined || seq === undefined || writer === undefined) return null;
  return { atMs: Number(atMs), seq: Number(seq), writer };
}

export const recordRowView = z.strictObject({
  writer: text,
  seq: z.int(),
  at: text,
  kind: text,
  requestId: name,
  tenant: name,
  user: name.optional(),
  endUser: name.optional(),
  ip: name.optional(),
  key: name,
  route: name,
  model: name,
  provider: name,
  decision: name,
  status: z.int().nullable(),
  action: name,
  resource: name,
  reason: name,
  findings: z.array(z.strictObject({ guard: text, category: name, action: text })),
  costNanoUsd: z.int().nullable(),
}) satisfies z.ZodType<RecordRowView>;

const isShownPersons = (actor: Actor): boolean => mayDo(actor, 'records.personal');

/** What to look for, for this actor: a confined one sees its tenant, whether it says so or not. */
export function scopedFilter(actor: Actor, filter: IndexFilter): Result<IndexFilter, Problem> {
  const { tenant, user, endUser } = filter;
  // To ask for a name is to be told whether it is there.
  const isPersonal = user !== undefined || endUser !== undefined;
  if (isPersonal && !isShownPersons(actor)) return err(problem('forbidden'));
  if (tenant !== undefined && !sees(actor, tenant)) return err(problem('not-found', 'tenant'));
  return ok({ ...filter, tenant: tenant ?? actor.tenant ?? undefined });
}

export function rowViewFor(actor: Actor): (row: IndexRow) => RecordRowView {
  const isPersonal = isShownPersons(actor);
  return ({ shape, atMs, user, endUser, ip, ...row }) => ({
    writer: row.writer,
    seq: row.seq,
    at: new Date(atMs).toISOString(),
    kind: shape.kind,
    requestId: row.requestId,
    tenant: shape.tenant,
    ...(isPersonal && { user, endUser, ip }),
    key: row.key,
    route: shape.route,
    model: shape.model,
    provider: shape.provider,
    decision: shape.decision,
    status: shape.status,
    action: shape.action,
    resource: row.resource,
    reason: shape.reason,
    findings: [...shape.findings],
    costNanoUsd: row.costNanoUsd,
  });
}

/** The record without what is personal in it, for who may not see that. */
export function recordFor(actor: Actor, record: AuditRecord): AuditRecord {
  if (isShownPersons(actor)) return record;
  const { user: _user, endUser: _endUser, ip: _ip, guards, ...rest } = record;
  return {
    ...rest,
    ...(guards !== undefined && {
      guards: guards.map(({ textDigest: _digest, ...guard }) => guard),
    }),
  };
}
