/**
 * A schema as numbered steps that are applied once and never change, and which programs may work on
 * it. During an upgrade, and where one is taken back, two versions share a store: the older one then
 * finds steps that it does not know. What those steps mean only their authors know, so each says itself
 * which programs can work beside it; where it says nothing, no other can.
 */
import { createHash } from 'node:crypto';

import { ConfigProblem } from '#stdx/config-problem.ts';

export interface SchemaStep {
  readonly number: number;
  readonly sql: string;
  /**
   * The newest step of the oldest program that can work on a schema with this one: of the release
   * before, as a rule. Allowed where the step only adds what such a program need not know: tables,
   * indexes, columns that have a default, fields of documents outside of lists. A field that takes a
   * right away, a value that is new in a list of values, a format of rows: none of them may.
   */
  readonly compatibleFrom?: number;
}

/** As the store has it. */
export interface AppliedStep {
  readonly number: number;
  readonly checksum: string;
  readonly compatibleFrom: number | null;
}

export interface SchemaPlan {
  readonly missing: readonly SchemaStep[];
  /** Numbers of steps that a newer program has applied, and that this one works beside. */
  readonly newer: readonly number[];
}

export const checksumOf = ({ sql }: SchemaStep): string =>
  createHash('sha256').update(sql).digest('hex');

/**
 * What is to be done to a schema. Throws `ConfigProblem`, under `path`, for one that this program
 * cannot work on: a step that was edited after it was applied (two databases would differ under one
 * number), or one of a program that is too new.
 */
export function planOf(
  path: readonly string[],
  applied: readonly AppliedStep[],
  steps: readonly SchemaStep[],
): SchemaPlan {
  const known = new Map(steps.map((step) => [step.number, step]));
  const newest = Math.max(0, ...known.keys());
  const newer: number[] = [];
  for (const { number, checksum, compatibleFrom } of applied) {
    const step = known.get(number);
    if (step === undefined) {
      if (number < newest || compatibleFrom === null || compatibleFrom > newest)
        throw new ConfigProblem(path, tooNew(number));
      newer.push(number);
    } else if (checksumOf(step) !== checksum) {
      throw new ConfigProblem(path, edited(number));
    }
  }
  const there = new Set(applied.map(({ number }) => number));
  const missing = steps.filter(({ number }) => !there.has(number));
  const [first] = newer;
  // A program that applied later steps had all of ours.
  if (first !== undefined && missing.length > 0) throw new ConfigProblem(path, tooNew(first));
  return { missing, newer };
}

const tooNew = (number: number): string =>
  `the database has migration ${number}, which this version does not know and cannot work beside: a ` +
  'newer llmproxy wrote it. Start that version, or restore a backup from before the upgrade';

const edited = (number: number): string =>
  `migration ${number} is not the one that was applied to this database: the program was changed. ` +
  'Install a released version';
