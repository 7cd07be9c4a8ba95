/**
 * What a new key may be: within its parent and within what its tenant allows. All of it is decided
 * again at each call, by what is true then; here people are told early, by the field.
 */
import { z } from 'zod';

import { isNetwork, nameField } from '#config/fields.ts';
import { actions } from '#domain/action.ts';
import { type KeyScope, PARENTS_MAX } from '#domain/key-scope.ts';
import type { ServiceAccount } from '#domain/principal.ts';
import { compileCondition, conditionText } from '#policy/access/condition.ts';
import { CONDITION_CHARS_MAX } from '#policy/access/condition-language.ts';
import { parseHours } from '#policy/access/hours.ts';
import { widerPart } from '#policy/access/scope.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { Repository } from '#storage/storage.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { FieldProblem } from './contract.ts';

const pattern = z.string().min(1).max(256);

/** Each left out: no narrower than its roles. */
export const scopeField = z
  .strictObject({
    actions: z
      .array(z.enum([...actions, '*']))
      .min(1)
      .max(16)
      .optional(),
    models: z.array(pattern).min(1).max(256).optional(),
    tools: z.array(pattern).max(1_000).optional(),
    networks: z
      .array(z.string().max(64).refine(isNetwork, 'an address or a range: 192.0.2.7, 10.0.0.0/8'))
      .min(1)
      .max(32)
      .optional(),
    hours: z
      .array(
        z
          .string()
          .max(32)
          .refine(
            (text) => parseHours(text) !== null,
            'hours such as "mon-fri 08:00-18:00", in the time zone of the tenant',
          ),
      )
      .min(1)
      .max(32)
      .optional(),
    when: z.string().min(1).max(CONDITION_CHARS_MAX).superRefine(compiles).optional(),
  })
  .transform((scope): KeyScope | null =>
    Object.keys(scope).length === 0
      ? null
      : {
          actions: scope.actions ?? null,
          models: scope.models ?? null,
          tools: scope.tools ?? null,
          networks: scope.networks ?? null,
          hours: scope.hours ?? null,
          when: scope.when ?? null,
        },
  );

function compiles(text: string, context: z.RefinementCtx): void {
  const compiled = compileCondition(text);
  if (!compiled.ok) context.addIssue({ code: 'custom', message: conditionText(compiled.error) });
}

export const parentField = z
  .string()
  .regex(/^(?:key_)?[0-9A-Za-z]{12}$/u)
  .transform((id) => id.replace(/^key_/u, ''));

export const rolesField = z.array(nameField).max(32);

export interface WantedKey {
  readonly team: string | null;
  readonly user: string | null;
  readonly serviceAccount: ServiceAccount | null;
  /** Null: those of the parent, or `developer`. */
  readonly roles: readonly string[] | null;
  readonly scope: KeyScope | null;
  readonly isHoney: boolean;
  readonly expiresMs: number | null;
}

/** From the parent upwards; null: one of them is not there, or of another tenant. */
export async function keysAbove(
  keys: Repository<KeyRecord>,
  parent: string | null,
  tenant: string,
  countMax = PARENTS_MAX,
): Promise<readonly KeyRecord[] | null> {
  const above: KeyRecord[] = [];
  for (let id = parent; id !== null; id = above.at(-1)?.parent ?? null) {
    const record = above.length > countMax ? null : await keys.find(id);
    if (record === null || record.tenant !== tenant) return null;
    above.push(record);
  }
  return above;
}

export interface KeySurroundings {
  readonly nowMs: number;
  /** From the parent upwards; empty: it has none. */
  readonly above: readonly KeyRecord[];
  /** Of the tenant; null: as long as the key says. */
  readonly lifeMsMax: number | null;
}

export type FittedKey = Omit<WantedKey, 'roles'> & { readonly roles: readonly string[] };

const problem = (field: string, text: string): Result<never, FieldProblem> =>
  err({ field, problem: text });

/** The key as it will be: what it leaves out is its parent's and its tenant's. */
export function fitKey(
  wanted: WantedKey,
  { nowMs, above, lifeMsMax }: KeySurroundings,
): Result<FittedKey, FieldProblem> {
  const lastMs = lifeMsMax === null ? null : nowMs + lifeMsMax;
  if (lastMs !== null && wanted.expiresMs !== null && wanted.expiresMs > lastMs) {
    return problem('expires', 'keys of this tenant do not work for so long');
  }
  const [parent] = above;
  const fitted =
    parent === undefined
      ? ok({ ...wanted, roles: wanted.roles ?? ['developer'] })
      : fitBelow(wanted, parent, { nowMs, above });
  if (!fitted.ok) return fitted;
  if (fitted.value.user !== null && fitted.value.serviceAccount !== null) {
    return problem('serviceAccount', 'a key is of a user or of a service account, not of both');
  }
  if (lastMs === null) return fitted;
  return ok({ ...fitted.value, expiresMs: Math.min(fitted.value.expiresMs ?? lastMs, lastMs) });
}

function fitBelow(
  wanted: WantedKey,
  parent: KeyRecord,
  { nowMs, above }: Pick<KeySurroundings, 'nowMs' | 'above'>,
): Result<FittedKey, FieldProblem> {
  if (above.length > PARENTS_MAX) {
    return problem('parent', `there are ${PARENTS_MAX} keys above it already`);
  }
  if (parent.run !== null) return problem('parent', 'a run mints runs, and no keys');
  if (wanted.isHoney) return problem('isHoney', 'a honey key has no parent');
  if (above.some((key) => !isAlive(key, nowMs))) {
    return problem('parent', 'the parent, or a key above it, works no more');
  }
  const { team, user, serviceAccount, roles, expiresMs } = parent;
  if (team !== null && (wanted.team ?? team) !== team) {
    return problem('team', 'a key is of the team of its parent');
  }
  if (user !== null && (wanted.user ?? user) !== user) {
    return problem('user', 'a key is of the user of its parent');
  }
  if (
    serviceAccount !== null &&
    (wanted.serviceAccount ?? serviceAccount).id !== serviceAccount.id
  ) {
    return problem('serviceAccount', 'a key is of the service account of its parent');
  }
  if (wanted.roles?.every((role) => roles.includes(role)) === false) {
    return problem('roles', 'the parent does not have all of these roles');
  }
  if (expiresMs !== null && wanted.expiresMs !== null && wanted.expiresMs > expiresMs) {
    return problem('expires', 'the parent ends before');
  }
  const wider = widest(wanted.scope, above);
  if (wider !== null) return problem(`scope.${wider}`, 'this is wider than that of a key above');
  return ok({
    ...wanted,
    team: wanted.team ?? team,
    user: wanted.user ?? user,
    serviceAccount: wanted.serviceAccount ?? serviceAccount,
    roles: wanted.roles ?? roles,
    expiresMs: wanted.expiresMs ?? expiresMs,
  });
}

export function widest(scope: KeyScope | null, above: readonly KeyRecord[]): keyof KeyScope | null {
  if (scope === null) return null;
  for (const key of above) {
    const part = key.scope === null ? null : widerPart(scope, key.scope);
    if (part !== null) return part;
  }
  return null;
}

export const isAlive = (
  { revokedMs, quarantinedMs, isHoney, expiresMs }: KeyRecord,
  nowMs: number,
) =>
  revokedMs === null &&
  quarantinedMs === null &&
  !isHoney &&
  (expiresMs === null || expiresMs > nowMs);
