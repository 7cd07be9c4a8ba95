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
import type { FileLock } from '#storage/file-lock.ts';
import type { Storage } from '#storage/storage.ts';
import type { Log } from '#telemetry/log.ts';

import { AuditSinks } from './audit-sinks.ts';
import { PROOF_WIDTH_MS } from './authenticators.ts';
import { type Counting, openCounting } from './counting.ts';
import { type OpenCustody, openCustody } from './custody.ts';
import { AuditRoom } from './audit/audit-room.ts';
import { FolderLogs } from './audit/folder-logs.ts';
import { endLeftLogs } from './audit/left-logs.ts';
import { fittingPeppers } from './fitting-peppers.ts';
import { instanceId } from './instance-id.ts';
import { KeyUseNotes } from './key-uses.ts';
import { openLedger } from './open-ledger.ts';
import { type GatewayStorage, openGatewayStorage } from './open-storage.ts';
import { runsOf } from './runs.ts';
import { SharedReplayStore } from './shared-replays.ts';
import type { StoreStanding } from './store-snapshot/store-standing.ts';
import { TenantSecrets } from './tenant-secrets.ts';
import { NO_OTHERS, type Others, type Seat, type WorkerLogs } from './workers/seat.ts';

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
  readonly others: Others;
  /** False: this is a worker, and another process has what is of the whole gateway. */
  readonly isOwner: boolean;
  /** In the order that loses nothing: no more records, then the log, then the store. */
  close(): Promise<void>;
}

/** The writer of a process that is alone, or that owns workers, which have their own. */
const WRITER = 'main';

export interface WorldParts {
  readonly config: Pick<
    Config,
    'dataDir' | 'storage' | 'custody' | 'counters' | 'ledger' | 'audit'
  >;
  readonly env: RootPorts['env'];
  readonly log: Log;
  /** Of one of several workers; null: this process has the folder. */
  readonly seat: Seat | null;
  /** Who else writes into the folder of the log. */
  readonly workerLogs: WorkerLogs;
}

/** The folder is the owner's, and ends with it. */
const OWNERS: FileLock = { release: () => {} };

/** The store, and the secrets of the data folder that fit it. Who mends what was wrong and tries again finds the folder free. */
async function openFolder(
  config: Pick<Config, 'dataDir' | 'storage' | 'custody'>,
  { env, seat }: Pick<WorldParts, 'env' | 'seat'>,
  { clock, log }: Pick<World, 'clock' | 'log'>,
) {
  const { dataDir, custody: section } = config;
  const isOwner = seat === null;
  const folder = isOwner ? lockDataFolder(dataDir) : OWNERS;
  let opened: GatewayStorage | null = null;
  try {
    opened = await openGatewayStorage(config, { clock, log, isOwner });
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

interface OfPlace extends Pick<WorldParts, 'seat'> {
  readonly logs: FolderLogs;
  /** Whose logs are ended and may not be in the ledger yet. */
  readonly leftWriters: readonly string[];
}

async function countingOf(
  config: WorldParts['config'],
  parts: Pick<World, 'audit' | 'storage' | 'clock' | 'log'> & OfPlace,
): Promise<Counting> {
  const { dataDir, counters } = config;
  return await openCounting({
    ...parts,
    ledger: await openLedger(config, parts.storage),
    dataDir,
    writer: writerIn(parts.seat),
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
  parts: Pick<World, 'audit' | 'storage' | 'clock' | 'log' | 'custody' | 'sinks' | 'peppers'> &
    OfPlace,
): Promise<Followers> {
  const counting = await countingOf(config, parts);
  const { custody, sinks, seat } = parts;
  const own = {
    config,
    counting,
    root: custody.root,
    isOwner: seat === null,
    shipped: () => sinks.acknowledged(),
    isSpoolFull: seat === null ? () => sinks.isSpoolFull : seat.isSpoolFull,
  };
  try {
    return { counting, auditRoom: new AuditRoom({ ...parts, ...own }) };
  } catch (thrown) {
    await counting.close();
    throw thrown;
  }
}

/** What this process knows of the calls it runs, and has of those that others run. */
const inMemory = (
  seat: Seat | null,
  clock: Clock,
): Pick<World, 'decisions' | 'running' | 'approvals' | 'others' | 'isOwner'> => ({
  decisions: new Decisions(),
  running: new RunningCalls(),
  approvals: new ApprovalDesk(clock),
  others: seat?.others ?? NO_OTHERS,
  isOwner: seat === null,
});

/** Of its owner, of all gateways that share counters, or of this process. */
function replaysOf(seat: Seat | null, { shared }: Counting, clock: Clock): ReplayStore {
  if (seat !== null) return seat.replays;
  const own = new MemoryReplayStore(PROOF_WIDTH_MS, clock);
  if (shared === null) return own;
  return new SharedReplayStore({
    own,
    once: (demand) => shared.once(demand),
    widthMs: PROOF_WIDTH_MS,
  });
}

/** Changes that a worker makes are brought to the log by the owner, as everybody's are. */
const NO_OUTBOX: OutboxDrain = { kick: () => {}, close: () => Promise.resolve() };

function keyUsesOf(storage: Storage, clock: Clock, log: Log): KeyUseNotes {
  const onFault = (thrown: unknown): void => {
    log.write('warn', 'key-uses-lost', { code: faultCodeOf(thrown) });
  };
  return new KeyUseNotes(storage.keyUses, { clock, timers: systemTimers, onFault });
}

const writerIn = (seat: Seat | null): string => seat?.writer ?? WRITER;

async function openLog(
  dataDir: string,
  writer: string,
  { clock, log }: Pick<World, 'clock' | 'log'>,
): Promise<AuditLog> {
  const dir = join(dataDir, 'audit');
  const audit = await openAuditLog({ dir, writer, lock: lockWriter, clock });
  audit.onState((state) => log.write(state === 'ok' ? 'info' : 'error', 'audit-state', { state }));
  return audit;
}

/** And of an owner: the ends of logs that nobody writes any more. */
async function openLogs(
  dataDir: string,
  { seat, workerLogs }: WorldParts,
  { clock, log }: Pick<World, 'clock' | 'log'>,
) {
  const dir = join(dataDir, 'audit');
  const leftWriters = seat === null ? await endLeftLogs(dir, { workerLogs, clock }) : [];
  const writer = writerIn(seat);
  const audit = await openLog(dataDir, writer, { clock, log });
  return { audit, logs: new FolderLogs(writer, audit, workerLogs), leftWriters };
}

const sinksOf = (
  dataDir: string,
  { custody, ...parts }: Pick<World, 'audit' | 'clock' | 'log' | 'custody'> & Pick<OfPlace, 'logs'>,
): AuditSinks =>
  new AuditSinks({
    ...parts,
    custody: custody.custody,
    dir: join(dataDir, 'audit'),
    timers: systemTimers,
    folders: [process.cwd(), dataDir],
    instance: instanceId(dataDir),
  });

export async function openWorld(asked: WorldParts): Promise<World> {
  const { config, log, seat } = asked;
  const clock = systemClock;
  const { dataDir } = config;
  const opened = await openFolder(config, asked, { clock, log });
  const { folder, storage, store, peppers, custody } = opened;
  const { audit, logs, leftWriters } = await openLogs(dataDir, asked, { clock, log });
  const onFault = (thrown: unknown): void => {
    log.write('error', 'audit-behind', { code: faultCodeOf(thrown) });
  };
  const append: AuditLog['append'] = (draft) => audit.append(draft);
  const sinks = sinksOf(dataDir, { audit, clock, log, logs, custody });
  const parts = { audit, storage, clock, log, custody, peppers, sinks, seat, logs, leftWriters };
  const free = async (): Promise<void> => {
    await custody.close();
    await storage.close();
    folder.release();
  };
  const followers = await openFollowers(config, parts).catch(async (thrown: unknown) => {
    // Who mends what was wrong and tries again finds the folder free.
    await audit.close();
    await sinks.close();
    await free();
    throw thrown;
  });
  const ports = { clock, timers: systemTimers, onFault };
  const refusals = countRefusals(append, ports);
  const outbox = seat === null ? drainOutbox(storage.outbox, audit, ports) : NO_OUTBOX;
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
    keyUses,
    runs: runsOf({ storage: told, peppers, clock }),
    ...inMemory(seat, clock),
    replays: replaysOf(seat, followers.counting, clock),
    async close() {
      await keyUses.close();
      await refusals.close().catch(onFault);
      await outbox.close();
      await audit.close();
      await sinks.close();
      await followers.auditRoom.close().catch(onFault);
      await followers.counting.close().catch(onFault);
      await free();
    },
  };
}
