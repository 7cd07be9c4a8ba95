/** The store that is configured: in the data folder, or on a server that several gateways share. */
import type { Config } from '#config/config.ts';
import { urlWithPassword } from '#config/stores-section.ts';
import type { Clock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import type { Storage } from '#storage/storage.ts';

import { instanceId } from './instance-id.ts';

export interface OpenStorage extends Storage {
  /** False: nothing but our own conditions keeps tenants apart, as the role is above row policies. */
  readonly isWalled: boolean;
}

/** `instanceOf`: who asks, among those that share the store. */
export async function openStorage(
  { dataDir, storage: section }: Pick<Config, 'dataDir' | 'storage'>,
  clock: Clock,
  instanceOf: (dataDir: string) => string = instanceId,
): Promise<OpenStorage> {
  if (section.type === 'sqlite') return { ...(await openSqlite(dataDir, clock)), isWalled: true };
  // Who keeps everything in the folder loads nothing of it.
  const { openPostgresStorage } = await import('#storage/postgres/storage.ts');
  const place = { url: urlWithPassword(section), instance: instanceOf(dataDir) };
  return await openPostgresStorage(place, clock);
}
