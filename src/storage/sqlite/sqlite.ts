/**
 * The embedded store: one SQLite file, 0600, in the data folder.
 *
 * WAL, so that reads never wait for writes. A statement blocks the event loop for at most
 * `BUSY_MS`; after that we wait asynchronously, up to `DEADLINE_MS`, and then it is a fault. Reads
 * have a connection of their own: they never see a change that is not committed.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import { parseJson } from '#stdx/json.ts';

import { kinds } from '../kinds.ts';
import type { Outbox, OutboxEntry, Storage, StorageReads, StorageWrites } from '../storage.ts';
import type { Transact } from './call-writes.ts';
import { DocumentReads, DocumentWrites } from './documents.ts';
import { heldStatesOf } from './held-states.ts';
import { keyUsesOf } from './key-uses.ts';
import { ledgerOf } from './ledger.ts';
import { meterOutboxOf } from './meter-outbox.ts';
import { migrate } from './migrations.ts';
import { onceKeysOf } from './once-keys.ts';
import { peopleOf } from './people.ts';
import { provisioningOf } from './provisioning.ts';
import { IS_NO_RUN, runsOf } from './runs.ts';
import { pinningOf } from './tool-pins.ts';
import { watchChanges } from './watch-changes.ts';

const BUSY_MS = 50;
const RETRY_MS = 20;
const DEADLINE_MS = 5_000;
const SQLITE_BUSY = 5;

export async function openSqlite(dataDir: string, clock: Clock): Promise<Storage> {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'llmproxy.db');
  // SQLite gives its side files the mode of the database, so that must be right from the start.
  fs.closeSync(fs.openSync(path, 'a', 0o600));
  const writer = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    const newer = await whenFree(clock, () => {
      writer.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON',
      );
      return migrate(writer, clock.nowMs());
    });
    const reader = new DatabaseSync(path, { timeout: BUSY_MS, readOnly: true });
    const runs = runsOf(reader, kinds.keys);
    const changes = changesOf(writer, reader, clock);
    return { ...readsOf(reader), ...IN_FOLDER, runs, newerSteps: () => newer, ...changes };
  } catch (thrown) {
    writer.close();
    throw thrown;
  }
}

/** Runs a step of SQLite again while another process holds the lock. */
async function whenFree<T>(clock: Clock, step: () => T): Promise<T> {
  const endMs = clock.monotonicMs() + DEADLINE_MS;
  for (;;) {
    try {
      return step();
    } catch (thrown) {
      if (!isBusy(thrown)) throw thrown;
      if (clock.monotonicMs() >= endMs)
        throw new Fault('storage-failed', 'the database stayed locked');
    }
    await delay(RETRY_MS);
  }
}

const isBusy = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  'errcode' in thrown &&
  typeof thrown.errcode === 'number' &&
  (thrown.errcode & 0xff) === SQLITE_BUSY;

const readsOf = (database: DatabaseSync): StorageReads => ({
  keys: new DocumentReads(database, kinds.keys, IS_NO_RUN),
  tenants: new DocumentReads(database, kinds.tenants),
  teams: new DocumentReads(database, kinds.teams),
  users: new DocumentReads(database, kinds.users),
  serviceAccounts: new DocumentReads(database, kinds.serviceAccounts),
  groups: new DocumentReads(database, kinds.groups),
  roles: new DocumentReads(database, kinds.roles),
  bindings: new DocumentReads(database, kinds.bindings),
  settings: new DocumentReads(database, kinds.settings),
  adminTokens: new DocumentReads(database, kinds.adminTokens),
  toolPins: new DocumentReads(database, kinds.toolPins),
  alertSilences: new DocumentReads(database, kinds.alertSilences),
  accounts: new DocumentReads(database, kinds.accounts),
  sessions: new DocumentReads(database, kinds.sessions),
  keyRings: new DocumentReads(database, kinds.keyRings),
  providerSecrets: new DocumentReads(database, kinds.providerSecrets),
  savedViews: new DocumentReads(database, kinds.savedViews),
  judgements: new DocumentReads(database, kinds.judgements),
  configChanges: new DocumentReads(database, kinds.configChanges),
  contentLeaves: new DocumentReads(database, kinds.contentLeaves),
  holds: new DocumentReads(database, kinds.holds),
});

const writesOf = (database: DatabaseSync): StorageWrites => ({
  keys: new DocumentWrites(database, kinds.keys),
  tenants: new DocumentWrites(database, kinds.tenants),
  teams: new DocumentWrites(database, kinds.teams),
  users: new DocumentWrites(database, kinds.users),
  serviceAccounts: new DocumentWrites(database, kinds.serviceAccounts),
  groups: new DocumentWrites(database, kinds.groups),
  roles: new DocumentWrites(database, kinds.roles),
  bindings: new DocumentWrites(database, kinds.bindings),
  settings: new DocumentWrites(database, kinds.settings),
  adminTokens: new DocumentWrites(database, kinds.adminTokens),
  toolPins: new DocumentWrites(database, kinds.toolPins),
  alertSilences: new DocumentWrites(database, kinds.alertSilences),
  accounts: new DocumentWrites(database, kinds.accounts),
  sessions: new DocumentWrites(database, kinds.sessions),
  keyRings: new DocumentWrites(database, kinds.keyRings),
  providerSecrets: new DocumentWrites(database, kinds.providerSecrets),
  savedViews: new DocumentWrites(database, kinds.savedViews),
  judgements: new DocumentWrites(database, kinds.judgements),
  configChanges: new DocumentWrites(database, kinds.configChanges),
  contentLeaves: new DocumentWrites(database, kinds.contentLeaves),
  holds: new DocumentWrites(database, kinds.holds),
});

const IN_FOLDER: Pick<Storage, 'marks' | 'silentMs' | 'fleetLog'> = {
  fleetLog: null,
  marks: {
    find: () => Promise.resolve(null),
    claim: (_name, value) => Promise.resolve(value),
    replace: () => Promise.resolve(),
  },
  silentMs: () => 0,
};

type Changes = Omit<Storage, keyof StorageReads | 'runs' | 'newerSteps' | keyof typeof IN_FOLDER>;

function changesOf(writer: DatabaseSync, reader: DatabaseSync, clock: Clock): Changes {
  const writes = writesOf(writer);
  const insertEntry = writer.prepare(
    'INSERT INTO outbox (id, at, actor, action, resource, tenant, diff) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const watch = watchChanges(reader);
  // A promise chain is the queue: one transaction at a time on the one connection that writes.
  let tail: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = tail.then(work);
    // One failed change fails its own caller, not those behind it.
    tail = done.catch(() => {});
    return done;
  };
  const transact: Transact = (work) =>
    alone(async () => {
      await whenFree(clock, () => writer.exec('BEGIN IMMEDIATE'));
      let isDone = false;
      try {
        const outcome = await work();
        await whenFree(clock, () => writer.exec('COMMIT'));
        isDone = true;
        return outcome;
      } finally {
        if (!isDone) writer.exec('ROLLBACK');
      }
    });
  return {
    change: (entry, work) =>
      alone(async () => {
        await whenFree(clock, () => writer.exec('BEGIN IMMEDIATE'));
        let isDone = false;
        try {
          const { id, at, actor, action, resource, tenant, diff } = entry;
          insertEntry.run(id, at, actor, action, resource, tenant, JSON.stringify(diff));
          const outcome = await work(writes);
          if (outcome.ok) await whenFree(clock, () => writer.exec('COMMIT'));
          isDone = outcome.ok;
          return outcome;
        } finally {
          if (isDone) watch.notify();
          else writer.exec('ROLLBACK');
        }
      }),
    outbox: outboxOf({ writer, reader, clock }, alone),
    heldState: heldStatesOf({ writer, reader }, transact),
    pinning: pinningOf(writer, writes.toolPins, transact),
    keyUses: keyUsesOf({ writer, reader }, transact),
    onceKeys: onceKeysOf(writer, transact),
    ledger: ledgerOf({ writer, reader }, transact),
    meterOutbox: meterOutboxOf({ writer, reader }, transact),
    people: peopleOf({ writer, reader }, transact),
    provisioning: provisioningOf(reader),
    onChange: watch.onChange,
    async close() {
      watch.stop();
      await tail;
      reader.close();
      writer.close();
    },
  };
}

function outboxOf(
  { writer, reader, clock }: { writer: DatabaseSync; reader: DatabaseSync; clock: Clock },
  alone: <T>(work: () => Promise<T>) => Promise<T>,
): Outbox {
  const pending = reader.prepare('SELECT * FROM outbox ORDER BY position LIMIT ?');
  const remove = writer.prepare('DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))');
  return {
    pending: (limit) => Promise.resolve(pending.all(limit).map(entryOf)),
    remove: (ids) =>
      alone(async () => {
        await whenFree(clock, () => remove.run(JSON.stringify(ids)));
      }),
  };
}

const entryOf = (row: Record<string, unknown>): OutboxEntry => ({
  id: String(row['id']),
  at: Number(row['at']),
  actor: String(row['actor']),
  action: String(row['action']),
  resource: String(row['resource']),
  tenant: typeof row['tenant'] === 'string' ? row['tenant'] : null,
  diff: parseJson(String(row['diff'])) ?? null,
});
