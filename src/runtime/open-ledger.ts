/** The ledger that is configured: beside everything else, or one that several gateways share. */
import { type LedgerSection, urlWithPassword } from '#config/stores-section.ts';
import type { Ledger } from '#storage/ledger.ts';
import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly isShared: boolean;
  close(): Promise<void>;
}

const LIMITS = { connectionsMax: 4, statementMs: 10_000 };

export async function openLedger(section: LedgerSection, embedded: Ledger): Promise<OpenLedger> {
  // The embedded one ends with its store.
  if (section.type === 'sqlite') {
    return { ledger: embedded, isShared: false, close: () => Promise.resolve() };
  }
  const link = await openPostgres(urlWithPassword(section), LIMITS);
  try {
    return { ledger: await openPostgresLedger(link), isShared: true, close: () => link.close() };
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}
