/** What outlives a configuration: the store, the log, counters, and what runs. */
import { join } from 'node:path';

import { drainOutbox, type OutboxDrain } from '#audit/outbox-drain.ts';
import { countRefusals, type Refusals } from '#audit/refusals.ts';
import { systemTimers } from '#audit/timers.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';
import type { Config } from '#config/config.ts';
import type { Peppers } from '#config/peppers.ts';
import type { RootPorts } from '#custody/roots/root.ts';
import { faultCodeOf } from '#domain/fault.ts';
import { ApprovalDesk } from '#gateway/approvals.ts';
import { Decisions } from '#gateway/decisions.ts';
import type { RunPort } from '#gateway/run-port.ts';
import { RunningCalls } from '#gateway/running-calls.ts';
import { MemoryReplayStore, type ReplayStore } from '#policy/authenticators/dpop/replays.ts';
import type { Reservations } from '#policy/limiters/reservations.ts';
import { type Clock, systemClock } from '#stdx/clock.ts';
import { lockDataFolder, lockWriter } from '#storage/data-folder.ts';
import type { Storage } from '#storage/storage.ts';
import type { Log } from '#telemetry/log.ts';

import { AuditSinks } from './audit-sinks.ts';
import { PROOF_WIDTH_MS } from './authenticators.ts';
import { type Counting, openCounting } from './counting.ts';
import { type OpenCustody, openCustody } from './custody.ts';
import { AuditRoom } from './audit/audit-room.ts';
import { fittingPeppers } from './fitting-peppers.ts';
import { instanceId } from './instance-id.ts';
import { KeyUseNotes } from './key-uses.ts';
import { openLedger } from './open-ledger.ts';
import { type GatewayStorage, openGatewayStorage } from './open-storage.ts';
import { runsOf } from './runs.ts';
import type { StoreStanding } from './store-snapshot/store-standing.ts';
import { TenantSecrets } from './tenant-secrets.ts';

export interface World {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly store: StoreStanding;
  readonly peppers: Peppers;
  readonly custody: OpenCustody;
  readonly tenantSecrets: TenantSecrets;
  readonly audit: AuditLog;
  readonly sinks: AuditSinks;
  readonly auditRoom: AuditRoom;
  readonly refusals: Refusals;
  readonly outbox: OutboxDrain;
  readonly limitStore: Reservations;
  readonly counting: Counting;
  readonly decisions: Decisions;
  readonly running: RunningCalls;
  readonly approvals: ApprovalDesk;
  readonly keyUses: KeyUseNotes;
  readonly runs: RunPort;
  /** Proofs of possession that were used. */
  readonly replays: ReplayStore;
  /** In the order that loses nothing: no more records, then the log, then the store. */
  close(): Promise<void>;
}

/** The one writer of this process. Several workers would each have their own name. */
const WRITER = 'main';

export interface WorldParts {
  readonly config: Pick<
    Config,
    'dataDir' | 'storage' | 'custody' | 'counters' | 'ledger' | 'audit'
  >;
  readonly env: RootPorts['env'];
  readonly log: Log;
}

/** The store, and the secrets of the data folder that fit it. Who mends what was wrong and tries again finds the folder free. */
async function openFolder(
  config: Pick<Config, 'dataDir' | 'storage' | 'custody'>,
  env: WorldParts['env'],
  { clock, log }: Pick<World, 'clock' | 'log'>,
) {
  const { dataDir, custody: section } = config;
  const folder = lockDataFolder(dataDir);
  let opened: GatewayStorage | null = null;
  try {
    opened = await openGatewayStorage(config, { clock, log });
    const { storage } = opened;
    if (storage.isWalled === false) log.write('warn', 'storage-unwalled');
    const peppers = await fittingPeppers(storage, dataDir);
    const parts = { storage, clock, dataDir, section, env, actor: 'gateway' };
    return { ...opened, folder, peppers, custody: await openCustody(parts) };
  } catch (thrown) {
    await opened?.storage.close();
    folder.release();
    throw thrown;
  }
}

async function countingOf(
  config: WorldParts['config'],
  parts: Pick<World, 'audit' | 'storage' | 'clock' | 'log'>,
): Promise<Counting> {
  const { dataDir, counters } = config;
  return await openCounting({
    ...parts,
    ledger: await openLedger(config, parts.storage.ledger),
    meterOutbox: parts.storage.meterOutbox,
    dataDir,
    writer: WRITER,
    instance: instanceId(dataDir),
    counters,
  });
}

interface Followers {
  readonly counting: Counting;
  readonly auditRoom: AuditRoom;
}

/** What follows the log: the counters that are fed from it, and the proofs over it. */
async function openFollowers(
  config: WorldParts['config'],
  parts: Pick<World, 'audit' | 'storage' | 'clock' | 'log' | 'custody' | 'sinks'>,
): Promise<Followers> {
  const counting = await countingOf(config, parts);
  const { custody, sinks } = parts;
  const shipped = () => sinks.acknowledged();
  const isSpoolFull = () => sinks.isSpoolFull;
  const own = { config, counting, root: custody.root, writer: WRITER, shipped, isSpoolFull };
  try {
    return { counting, auditRoom: new AuditRoom({ ...parts, ...own }) };
  } catch (thrown) {
    await counting.close();
    throw thrown;
  }
}

function keyUsesOf(storage: Storage, clock: Clock, log: Log): KeyUseNotes {
  const onFault = (thrown: unknown): void => {
    log.write('warn', 'key-uses-lost', { code: faultCodeOf(thrown) });
  };
  return new KeyUseNotes(storage.keyUses, { clock, timers: systemTimers, onFault });
}

async function openLog(dataDir: string, clock: Clock, log: Log): Promise<AuditLog> {
  const dir = join(dataDir, 'audit');
  const audit = await openAuditLog({ dir, writer: WRITER, lock: lockWriter, clock });
  audit.onState((state) => log.write(state === 'ok' ? 'info' : 'error', 'audit-state', { state }));
  return audit;
}

const sinksOf = (dataDir: string, parts: Pick<World, 'audit' | 'clock' | 'log'>): AuditSinks =>
  new AuditSinks({
    ...parts,
    dir: join(dataDir, 'audit'),
    writer: WRITER,
    timers: systemTimers,
    folders: [process.cwd(), dataDir],
  });

export async function openWorld({ config, env, log }: WorldParts): Promise<World> {
  const clock = systemClock;
  const { dataDir } = config;
  const opened = await openFolder(config, env, { clock, log });
  const { folder, storage, store, peppers, custody } = opened;
  const audit = await openLog(dataDir, clock, log);
  const onFault = (thrown: unknown): void => {
    log.write('error', 'audit-behind', { code: faultCodeOf(thrown) });
  };
  const append: AuditLog['append'] = (draft) => audit.append(draft);
  const sinks = sinksOf(dataDir, { audit, clock, log });
  const parts = { audit, storage, clock, log, custody, sinks };
  const followers = await openFollowers(config, parts).catch(async (thrown: unknown) => {
    // Who mends what was wrong and tries again finds the folder free.
    await audit.close();
    await sinks.close();
    await custody.close();
    await storage.close();
    folder.release();
    throw thrown;
  });
  const refusals = countRefusals(append, { clock, timers: systemTimers, onFault });
  const outbox = drainOutbox(storage.outbox, audit, { timers: systemTimers, onFault });
  const keyUses = keyUsesOf(storage, clock, log);
  // Whoever asks what was used asks the ledger that has it.
  const told = { ...storage, ledger: followers.counting.kept };
  return {
    dataDir,
    clock,
    log,
    storage: told,
    store,
    peppers,
    custody,
    tenantSecrets: new TenantSecrets(storage, custody.custody),
    audit,
    sinks,
    ...followers,
    refusals,
    outbox,
    limitStore: followers.counting.limitStore,
    decisions: new Decisions(),
    running: new RunningCalls(),
    approvals: new ApprovalDesk(clock),
    keyUses,
    runs: runsOf({ storage: told, peppers, clock }),
    replays: new MemoryReplayStore(PROOF_WIDTH_MS, clock),
    async close() {
      await keyUses.close();
      await refusals.close().catch(onFault);
      await outbox.close();
      await audit.close();
      await sinks.close();
      await followers.auditRoom.close().catch(onFault);
      await followers.counting.close().catch(onFault);
      await custody.close();
      await storage.close();
      folder.release();
    },
  };
}
