/**
 * Secrets in stored settings: sealed before anything else sees them, kept where they are not sent again,
 * and bound to the address that they were entered for. Whoever may change an address must not be able
 * to have the old secret sent to the new one.
 */
import { SECRET } from '#config/print.ts';
import { secretFields, secretFlaw, settingBound } from '#config/setting-secrets.ts';
import type { Bound } from '#custody/bound.ts';
import { parseSealed, sealedJson, sealedOf } from '#custody/sealed.ts';
import type { JsonObject, JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { FieldProblem } from './contract.ts';
import type { Problem } from './problem.ts';
import type { AdminCall } from './route.ts';
import type { Change } from './settings-port.ts';

/** Seals one secret, or, where nothing is to be kept, says what a sealed one looks like. */
export type Seal = (bound: Bound, secret: string, version: number) => Promise<string>;

/** For what is only compared: no key of anybody is made for it. */
export const sealNothing: Seal = () =>
  Promise.resolve(`c1.1.1.${'A'.repeat(80)}.${'A'.repeat(64)}`);

export async function sealedChanges(
  { ports }: Pick<AdminCall, 'ports'>,
  changes: readonly Change[],
  seal: Seal,
): Promise<Result<Change[], Problem>> {
  const errors: FieldProblem[] = [];
  const sealed: Change[] = [];
  for (const { value, ...wanted } of changes) {
    if (value === null) {
      sealed.push({ ...wanted, value });
      continue;
    }
    const before = await ports.storage.settings.find(`${wanted.section}/${wanted.name}`);
    const next: JsonObject = { ...value };
    for (const field of secretFields(wanted.section)) {
      const done = await sealedField({ ...wanted, value }, before?.value ?? null, field, seal);
      if ('problem' in done) {
        errors.push({ field: `${wanted.section}.${wanted.name}.${field}`, problem: done.problem });
      } else if (done.value === undefined) Reflect.deleteProperty(next, field);
      else next[field] = done.value;
    }
    sealed.push({ ...wanted, value: next });
  }
  if (errors.length > 0) return err({ reason: 'config-unfit', errors: errors.slice(0, 16) });
  return ok(sealed);
}

type Field = { readonly value: JsonValue | undefined } | { readonly problem: string };
type Entry = Change & { readonly value: JsonObject };

/** Null takes it out; left out, or as it was shown, it stays. */
async function sealedField(
  entry: Entry,
  before: JsonObject | null,
  field: string,
  seal: Seal,
): Promise<Field> {
  const given = entry.value[field];
  if (given === null) return { value: undefined };
  const kept = sealedOf(before?.[field]);
  const bound = settingBound(entry, field);
  if (given === undefined || given === SECRET) {
    if (kept === null || before === null) {
      return given === undefined ? { value: undefined } : { problem: 'there is no secret to keep' };
    }
    const wasFor = settingBound({ ...entry, value: before }, field);
    // An entry that is not right is refused for that, by the check of all of them together.
    if (bound === null || isSameBound(wasFor, bound)) return { value: sealedJson(kept) };
    return { problem: 'enter it again, because the address changed' };
  }
  if (typeof given !== 'string') return { problem: 'a secret is a text' };
  const flaw = secretFlaw(field, given);
  if (flaw !== null) return { problem: flaw };
  const version = 1 + (kept === null ? 0 : (parseSealed(kept)?.version ?? 0));
  // Bound to no origin it opens for nobody: the entry is about to be refused.
  const nowhere = { tenant: null, owner: 'provider/', purpose: field, origins: [] } as const;
  return { value: sealedJson(await seal(bound ?? nowhere, given, version)) };
}

const isSameBound = (a: Bound | null, b: Bound): boolean =>
  a !== null && JSON.stringify(a) === JSON.stringify(b);
