/** The ledger that is configured: the one of the store, or one on another server. */
import type { Config } from '#config/config.ts';
import { urlWithPassword } from '#config/stores-section.ts';
import type { Ledger } from '#storage/ledger.ts';
import type { MeterOutbox } from '#storage/meter-outbox.ts';
import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import type { Storage } from '#storage/storage.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  /** Told out of this ledger, in one transaction with it. */
  readonly meterOutbox: MeterOutbox;
  readonly isShared: boolean;
  close(): Promise<void>;
}

const LIMITS = { connectionsMax: 4, statementMs: 10_000 };

export async function openLedger(
  { ledger, storage }: Pick<Config, 'ledger' | 'storage'>,
  ofStore: Pick<Storage, 'ledger' | 'meterOutbox'>,
): Promise<OpenLedger> {
  if (ledger.type !== 'postgres') {
    // It ends with its store.
    const isShared = storage.type === 'postgres';
    const { ledger: own, meterOutbox } = ofStore;
    return { ledger: own, meterOutbox, isShared, close: () => Promise.resolve() };
  }
  const link = await openPostgres(urlWithPassword(ledger), LIMITS);
  try {
    return { ...(await openPostgresLedger(link)), isShared: true, close: () => link.close() };
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}
