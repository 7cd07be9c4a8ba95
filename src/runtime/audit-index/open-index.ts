/**
 * Opens the index: beside the log, or where gateways share a ledger. The thread of the index loads this
 * file: what it imports is in memory twice.
 */
import type { AuditIndex } from '#storage/audit-index.ts';
import { openAuditIndex } from '#storage/sqlite/audit-index.ts';

export interface IndexWhere {
  readonly dataDir: string;
  /** Null: in the data folder. Holds a password: it is not printed. */
  readonly postgresUrl: string | null;
  /** Names this gateway in an index that several share; null: it has its own. */
  readonly instance: string | null;
}

const LIMITS = { connectionsMax: 2, statementMs: 10_000 };

/** How the index names a writer of this gateway's log. */
export const writerIn = ({ instance }: Pick<IndexWhere, 'instance'>, writer: string): string =>
  instance === null ? writer : `${writer}@${instance}`;

/** The writer of this gateway's log that the index names so; null: another gateway's. */
export function writerFrom(
  { instance }: Pick<IndexWhere, 'instance'>,
  name: string,
): string | null {
  if (instance === null) return name;
  const [writer = '', of] = name.split('@');
  return of === instance ? writer : null;
}

/** Rejects with a `Fault` where it cannot be opened. */
export async function openIndex({ dataDir, postgresUrl }: IndexWhere): Promise<AuditIndex> {
  if (postgresUrl === null) return openAuditIndex(dataDir);
  const { openPostgres } = await import('#storage/postgres/postgres.ts');
  const { openPostgresAuditIndex } = await import('#storage/postgres/audit-index.ts');
  const link = await openPostgres(postgresUrl, LIMITS);
  try {
    return await openPostgresAuditIndex(link);
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}
