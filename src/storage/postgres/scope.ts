/**
 * What a statement may see of the tables that a wall stands before: everything, as it is said of each
 * connection, or one tenant, as it is said of one transaction.
 */
import type { PostgresLink, Query } from './postgres.ts';

/** Given to the server with each connection of the store. */
export const SEES_ALL = '-c llmproxy.scope=*';

export type Scoped = <T>(tenant: string, run: (query: Query) => Promise<T>) => Promise<T>;

/** For this transaction: the server forgets it with its end. */
export const narrow = async (query: Query, tenant: string): Promise<void> => {
  await query("SELECT set_config('llmproxy.scope', $1, true)", [`=${tenant}`]);
};

export const scopedOf =
  (link: Pick<PostgresLink, 'transaction'>): Scoped =>
  (tenant, run) =>
    link.transaction(async (query) => {
      await narrow(query, tenant);
      return await run(query);
    });

/** A role that walks through walls has none. Operators are told. */
export async function isWalled({ query }: Pick<PostgresLink, 'query'>): Promise<boolean> {
  const [row] = await query(
    'SELECT rolsuper OR rolbypassrls AS passes FROM pg_roles WHERE rolname = current_user',
  );
  return row?.['passes'] === false;
}
