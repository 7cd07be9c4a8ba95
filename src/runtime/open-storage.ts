/** The store that is configured: in the data folder, or on a server that several gateways share. */
import { existsSync } from 'node:fs';

import type { Config } from '#config/config.ts';
import { loadPeppers, pepperFile } from '#config/peppers.ts';
import { urlWithPassword } from '#config/stores-section.ts';
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import type { Storage } from '#storage/storage.ts';
import type { StoreState } from '#storage/store-state.ts';
import type { Log } from '#telemetry/log.ts';

import { instanceId } from './instance-id.ts';
import { readSnapshot } from './store-snapshot/files.ts';
import { SnapshotKeeper } from './store-snapshot/keeper.ts';
import { deploymentOf, refusalTexts } from './store-snapshot/seal.ts';
import { withSnapshot } from './store-snapshot/snapshot-storage.ts';
import { LOCAL_STORE, standingOf, type StoreStanding } from './store-snapshot/store-standing.ts';

export interface OpenStorage extends Storage {
  /** False: nothing but our own conditions keeps tenants apart, as the role is above row policies. */
  readonly isWalled: boolean | null;
}

/** `instanceOf`: who asks, among those that share the store. Of a server that is away it rejects. */
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

/** The store of a gateway, which may begin and go on without its server. */
export interface GatewayStorage {
  readonly storage: OpenStorage;
  readonly store: StoreStanding;
}

export async function openGatewayStorage(
  config: Pick<Config, 'dataDir' | 'storage'>,
  { clock, log, isOwner }: { readonly clock: Clock; readonly log: Log; readonly isOwner: boolean },
): Promise<GatewayStorage> {
  const { dataDir, storage: section } = config;
  if (section.type === 'sqlite') {
    const storage = await openStorage(config, clock);
    tellNewer(storage, log);
    return { storage, store: LOCAL_STORE };
  }
  const { openPostgresStorage } = await import('#storage/postgres/storage.ts');
  const url = urlWithPassword(section);
  const expected = { deployment: deploymentOf(url), staleMs: section.staleMax.ms };
  let kept: StoreState | null = null;
  const place = { url, instance: instanceId(dataDir) };
  const store = await openPostgresStorage(place, clock, async () => {
    const read = await keptState(dataDir, { ...expected, nowMs: clock.nowMs() });
    if (read === null) return null;
    kept = read.state;
    const fields = { ms: read.silentMs, count: read.state.keys.size };
    log.write('warn', 'store-snapshot-used', fields);
    return read.silentMs;
  });
  tellNewer(store, log);
  const { server, silentMs } = store;
  const onChange = store.onChange.bind(store);
  const isWriter = isOwner;
  const ports = { ...expected, server, onChange, silentMs, dataDir, clock, log, isWriter };
  const keeper = new SnapshotKeeper(ports, kept);
  const storage = withSnapshot(store, server, keeper);
  const close = async (): Promise<void> => {
    await keeper.close();
    await store.close();
  };
  return { storage: { ...storage, close }, store: standingOf({ ...ports, keeper }) };
}

/** In the middle of an upgrade, or after one was taken back: it works, and whoever looks should know. */
function tellNewer({ newerSteps }: Storage, log: Log): void {
  const count = newerSteps().length;
  if (count > 0) log.write('warn', 'store-schema-newer', { count });
}

/** Null: there is none. One that is refused is a fault that says why. */
async function keptState(
  dataDir: string,
  expected: Parameters<typeof readSnapshot>[2],
): Promise<{ readonly state: StoreState; readonly silentMs: number } | null> {
  // A pepper that was made now would open nothing, and would be in the way of the right one.
  if (!existsSync(pepperFile(dataDir))) return null;
  const read = await readSnapshot(dataDir, loadPeppers(dataDir), expected);
  if (read === null) return null;
  if (!read.ok) {
    const why = refusalTexts[read.error];
    throw new Fault(
      'storage-failed',
      `PostgreSQL does not answer, and the snapshot in ${dataDir} is refused: ${why}`,
    );
  }
  const { state, claims } = read.value;
  return { state, silentMs: Math.max(0, expected.nowMs - claims.heardMs) };
}
