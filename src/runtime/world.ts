/** What outlives a configuration: the store, the log, counters, and what runs. */
import { join } from 'node:path';

import { drainOutbox, type OutboxDrain } from '#audit/outbox-drain.ts';
import { countRefusals, type Refusals } from '#audit/refusals.ts';
import { systemTimers } from '#audit/timers.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';
import type { Config } from '#config/config.ts';
import { loadPeppers, type Peppers } from '#config/peppers.ts';
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
import type { Contents } from '#storage/contents.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import type { Storage } from '#storage/storage.ts';
import type { Log } from '#telemetry/log.ts';

import { AuditSinks } from './audit-sinks.ts';
import { PROOF_WIDTH_MS } from './authenticators.ts';
import { type Counting, openCounting } from './counting.ts';
import { type OpenCustody, openCustody } from './custody.ts';
import type { ContentKeeper } from './audit/content-keeper.ts';
import { openAuditContents } from './audit/open-contents.ts';
import { AnchorKeeper } from './audit/anchor-keeper.ts';
import { type LogSigning, openSigning } from './audit/log-signing.ts';
import { instanceId } from './instance-id.ts';
import { KeyUseNotes } from './key-uses.ts';
import { openLedger } from './open-ledger.ts';
import { runsOf } from './runs.ts';
import { TenantSecrets } from './tenant-secrets.ts';

export interface World {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly peppers: Peppers;
  readonly custody: OpenCustody;
  readonly tenantSecrets: TenantSecrets;
  readonly audit: AuditLog;
  readonly sinks: AuditSinks;
  /** What was said in calls, where it is kept. */
  readonly contents: Contents;
  readonly content: ContentKeeper;
  readonly signing: LogSigning;
  readonly anchors: AnchorKeeper;
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
/** The last checkpoint is given to anchors for at most this long; the next start gives it again. */
const ANCHOR_DRAIN_MS = 2_000;

export interface WorldParts {
  readonly config: Pick<Config, 'dataDir' | 'custody' | 'counters' | 'ledger' | 'audit'>;
  readonly env: RootPorts['env'];
  readonly log: Log;
}

/** What is in the data folder. Who mends what was wrong and tries again finds the folder free. */
async function openFolder(
  { dataDir, custody: section }: Pick<Config, 'dataDir' | 'custody'>,
  env: WorldParts['env'],
  clock: Clock,
) {
  const folder = lockDataFolder(dataDir);
  const storage = await openSqlite(dataDir, clock);
  try {
    const peppers = loadPeppers(dataDir);
    const parts = { storage, clock, dataDir, section, env, actor: 'gateway' };
    return { folder, storage, peppers, custody: await openCustody(parts) };
  } catch (thrown) {
    await storage.close();
    folder.release();
    throw thrown;
  }
}

async function countingOf(
  { dataDir, counters, ledger }: WorldParts['config'],
  parts: Pick<World, 'audit' | 'storage' | 'clock' | 'log'>,
): Promise<Counting> {
  return await openCounting({
    ...parts,
    ledger: await openLedger(ledger, parts.storage.ledger),
    meterOutbox: parts.storage.meterOutbox,
    dataDir,
    writer: WRITER,
    instance: instanceId(dataDir),
    counters,
  });
}

type Followers = Pick<World, 'signing' | 'anchors' | 'counting'>;

/** What follows the log: the proofs over it, and the counters that are fed from it. */
async function openFollowers(
  config: WorldParts['config'],
  parts: Pick<World, 'audit' | 'storage' | 'clock' | 'log'>,
): Promise<Followers> {
  const anchors = new AnchorKeeper({ ...parts, timers: systemTimers });
  const signing = openSigning({ ...parts, config, anchors, writer: WRITER });
  return { signing, anchors, counting: await countingOf(config, parts) };
}

/** After the log is closed: what it wrote last is signed, given to anchors, and added to the ledger. */
async function closeFollowers({ signing, anchors, counting }: Followers): Promise<void> {
  await signing.close();
  await anchors.close(ANCHOR_DRAIN_MS);
  await counting.close();
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
  const { folder, storage, peppers, custody } = await openFolder(config, env, clock);
  const audit = await openLog(dataDir, clock, log);
  const onFault = (thrown: unknown): void => {
    log.write('error', 'audit-behind', { code: faultCodeOf(thrown) });
  };
  const append: AuditLog['append'] = (draft) => audit.append(draft);
  const parts = { audit, storage, clock, log };
  const followers = await openFollowers(config, parts).catch(async (thrown: unknown) => {
    // Who mends what was wrong and tries again finds the folder free.
    await audit.close();
    await custody.close();
    await storage.close();
    folder.release();
    throw thrown;
  });
  const sinks = sinksOf(dataDir, { audit, clock, log });
  const { contents, content } = openAuditContents(dataDir, custody.root, clock);
  const refusals = countRefusals(append, { clock, timers: systemTimers, onFault });
  const outbox = drainOutbox(storage.outbox, audit, { timers: systemTimers, onFault });
  const keyUses = keyUsesOf(storage, clock, log);
  return {
    dataDir,
    clock,
    log,
    // Whoever asks what was used asks the ledger that has it.
    storage: { ...storage, ledger: followers.counting.kept },
    peppers,
    custody,
    tenantSecrets: new TenantSecrets(storage, custody.custody),
    audit,
    sinks,
    ...followers,
    contents,
    content,
    refusals,
    outbox,
    limitStore: followers.counting.limitStore,
    decisions: new Decisions(),
    running: new RunningCalls(),
    approvals: new ApprovalDesk(clock),
    keyUses,
    runs: runsOf({ storage, peppers, clock }),
    replays: new MemoryReplayStore(PROOF_WIDTH_MS, clock),
    async close() {
      await keyUses.close();
      await refusals.close().catch(onFault);
      await outbox.close();
      await audit.close();
      await sinks.close();
      await closeFollowers(followers).catch(onFault);
      contents.close();
      await custody.close();
      await storage.close();
      folder.release();
    },
  };
}
