/** The schema `llmproxy`, by the steps of each part. Instances that start together wait for each other. */
import {
  type AppliedStep,
  checksumOf,
  planOf,
  type SchemaPlan,
  type SchemaStep,
} from '../schema-steps.ts';
import type { PostgresLink, Query, Row } from './postgres.ts';

/** Of this program's migrations, whatever else uses advisory locks on the server. */
const LOCK = 7_416_290_355_117;

/**
 * One step, and the wait of an instance that has started beside the one that makes it. An index over millions
 * of records is minutes; a gateway whose steps always ran out of time would never start.
 */
const STEP_MS_MAX = 600_000;

/** Resolves to the numbers of steps that a newer program has applied. */
export async function migratePostgres(
  link: Pick<PostgresLink, 'transaction'>,
  part: string,
  steps: readonly SchemaStep[],
): Promise<SchemaPlan['newer']> {
  return await link.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    // Where another role has made all of it, this one needs no right to make anything.
    const [made] = await query("SELECT to_regclass('llmproxy.migrations') IS NOT NULL AS is_there");
    if (made?.['is_there'] !== true) {
      await query(`CREATE SCHEMA IF NOT EXISTS llmproxy;
      CREATE TABLE IF NOT EXISTS llmproxy.migrations (
        part text NOT NULL, number integer NOT NULL, checksum text NOT NULL,
        applied timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, number))`);
    }
    const { missing, newer } = planOf([part], await appliedOf(query, part), steps);
    // Tables of the first versions have no such column; whoever applies a step may add it.
    if (missing.length > 0) {
      await query(
        'ALTER TABLE llmproxy.migrations ADD COLUMN IF NOT EXISTS compatible_from integer',
      );
    }
    for (const step of missing) {
      await query(step.sql);
      await query(
        `INSERT INTO llmproxy.migrations (part, number, checksum, compatible_from)
        VALUES ($1, $2, $3, $4)`,
        [part, step.number, checksumOf(step), step.compatibleFrom ?? null],
      );
    }
    return newer;
  }, STEP_MS_MAX);
}

async function appliedOf(query: Query, part: string): Promise<AppliedStep[]> {
  const rows = await query(
    `SELECT number, checksum, to_jsonb(one) ->> 'compatible_from' AS compatible_from
    FROM llmproxy.migrations AS one WHERE part = $1 ORDER BY number`,
    [part],
  );
  return rows.map((row: Row): AppliedStep => {
    const from = row['compatible_from'];
    return {
      number: Number(row['number']),
      checksum: String(row['checksum']),
      compatibleFrom: typeof from === 'string' ? Number(from) : null,
    };
  });
}
