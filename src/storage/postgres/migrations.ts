/** The schema `llmproxy`, as numbered steps that are applied once. Instances that start together wait. */
import { createHash } from 'node:crypto';

import { ConfigProblem } from '#stdx/config-problem.ts';

import type { PostgresLink } from './postgres.ts';

export interface PostgresStep {
  readonly number: number;
  readonly sql: string;
}

/** Of this program's migrations, whatever else uses advisory locks on the server. */
const LOCK = 7_416_290_355_117;

const checksumOf = (sql: string): string => createHash('sha256').update(sql).digest('hex');

export async function migratePostgres(
  link: Pick<PostgresLink, 'transaction'>,
  part: string,
  steps: readonly PostgresStep[],
): Promise<void> {
  await link.transaction(async (query) => {
    await query('SET LOCAL lock_timeout = 30000; SET LOCAL statement_timeout = 30000');
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    // Where another role has made all of it, this one needs no right to make anything.
    const [made] = await query("SELECT to_regclass('llmproxy.migrations') IS NOT NULL AS is_there");
    if (made?.['is_there'] !== true) {
      await query(`CREATE SCHEMA IF NOT EXISTS llmproxy;
      CREATE TABLE IF NOT EXISTS llmproxy.migrations (
        part text NOT NULL, number integer NOT NULL, checksum text NOT NULL,
        applied timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, number))`);
    }
    const rows = await query('SELECT number, checksum FROM llmproxy.migrations WHERE part = $1', [
      part,
    ]);
    const applied = new Map(rows.map((row) => [Number(row['number']), String(row['checksum'])]));
    check(part, applied, steps);
    for (const { number, sql } of steps) {
      if (applied.has(number)) continue;
      await query(sql);
      await query('INSERT INTO llmproxy.migrations (part, number, checksum) VALUES ($1, $2, $3)', [
        part,
        number,
        checksumOf(sql),
      ]);
    }
  });
}

function check(
  part: string,
  applied: ReadonlyMap<number, string>,
  steps: readonly PostgresStep[],
): void {
  const known = new Map(steps.map(({ number, sql }) => [number, checksumOf(sql)]));
  for (const [number, checksum] of applied) {
    if (known.get(number) === checksum) continue;
    throw new ConfigProblem(
      [part],
      `the database has migration ${number} of another version of llmproxy: start that version, or ` +
        'restore a backup from before the upgrade',
    );
  }
}
