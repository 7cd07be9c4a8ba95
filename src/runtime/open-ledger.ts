/** The ledger that is configured: the one of the store, or one on another server. */
import type { Config } from '#config/config.ts';
import { urlWithPassword } from '#config/stores-section.ts';
import type { Ledger } from '#storage/ledger.ts';
import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly isShared: boolean;
  close(): Promise<void>;
}

const LIMITS = { connectionsMax: 4, statementMs: 10_000 };

export async function openLedger(
  { ledger, storage }: Pick<Config, 'ledger' | 'storage'>,
  ofStore: Ledger,
): Promise<OpenLedger> {
  if (ledger.type !== 'postgres') {
    // It ends with its store.
    const isShared = storage.type === 'postgres';
    return { ledger: ofStore, isShared, close: () => Promise.resolve() };
  }
  const link = await openPostgres(urlWithPassword(ledger), LIMITS);
  try {
    return { ledger: await openPostgresLedger(link), isShared: true, close: () => link.close() };
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}
