/**
 * Runs: minted, ended, swept. A run token is a key that was made from another one, so this is the way
 * in which keys are made: one transaction with its outbox row, and the token is told once.
 */
import type { Denial } from '#domain/denial.ts';
import { type KeyScope, PARENTS_MAX } from '#domain/key-scope.ts';
import { LIVE_RUNS_MAX, RUN_DEPTH_MAX, runPathBelow } from '#domain/run.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { OutboxEntry, Storage, StorageWrites } from '#storage/storage.ts';
import { assert } from '#stdx/assert.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { isAlive, keysAbove, widest } from '../key-policy.ts';
import { type IssuedKey, type KeyPorts, mintKey, shownKey } from '../key-service.ts';
import { malformed, type WantedRun } from './run-body.ts';

export const RUN_PREFIX = 'run_';

/** The keys above a run, the runs among them included. */
const ABOVE_MAX = PARENTS_MAX + RUN_DEPTH_MAX + 1;
const KEPT_MS = 86_400_000;
const SWEPT_MAX = 500;

/** A run, or the key that one is minted from, and everything above it; null: it is gone. */
export const runChain = (storage: Storage, id: string, tenant: string) =>
  keysAbove(storage.keys, id, tenant, ABOVE_MAX);

const revoked: Result<never, Denial> = err({ reason: 'credential-rejected', because: 'revoked' });
const forbidden = (because: 'depth' | 'too-many'): Result<never, Denial> =>
  err({ reason: 'run-forbidden', because });

/** `from`: the id of the key or run whose token was brought. */
export async function mintRun(
  ports: KeyPorts,
  wanted: WantedRun,
  from: { readonly keyId: string; readonly tenant: string },
): Promise<Result<IssuedKey, Denial>> {
  const { storage, clock } = ports;
  const above = await runChain(storage, from.keyId, from.tenant);
  const [parent] = above ?? [];
  if (above === null || parent === undefined) return revoked;
  const unfit = unfitOf(wanted, above);
  if (unfit !== null) return unfit;
  const nowMs = clock.nowMs();
  if ((await storage.runs.liveOf(holderIdOf(parent), nowMs)) >= LIVE_RUNS_MAX) {
    return forbidden('too-many');
  }
  const issued = newRun(wanted, above, ports.peppers, nowMs);
  const { record } = issued;
  const told = { resource: `run/${RUN_PREFIX}${record.id}`, tenant: record.tenant };
  const acting = { actor: `key:${from.keyId}`, action: 'run.mint' };
  const entry = runEntry(clock, { ...acting, ...told, diff: shownMint(record) });
  return await storage.change(entry, async (tx): Promise<Result<IssuedKey, Denial>> => {
    // Read again inside the transaction: an end in between must win.
    const now = await tx.keys.find(parent.id);
    if (now === null || !isAlive(now, nowMs)) return revoked;
    const inserted = await tx.keys.insert(record);
    assert(inserted.ok, 'twelve random characters are a new id');
    return ok(issued);
  });
}

/** The record of one change of runs. Their names are left out, as those of keys are. */
export const runEntry = (clock: Clock, told: Omit<OutboxEntry, 'id' | 'at'>): OutboxEntry => ({
  id: `chg_${randomBase62(20)}`,
  at: clock.nowMs(),
  ...told,
});

function shownMint(record: KeyRecord): JsonObject {
  const { run } = record;
  const { expiresAt = null, scope = null, parent = null } = shownKey(record);
  const { path = null, nanoUsd = null, calls = null, depth = null } = run ?? {};
  return { run: path, parent, nanoUsd, calls, depth, scope, expiresAt };
}

const holderIdOf = ({ id, run }: KeyRecord): string => run?.holder ?? id;

/** Whatever is said here, all caps above count at each call: this is for telling people early. */
function unfitOf(wanted: WantedRun, above: readonly KeyRecord[]): Result<never, Denial> | null {
  const within = above[0]?.run ?? null;
  if (within !== null && within.depth < 1) return forbidden('depth');
  if (within !== null && wanted.depth >= within.depth) {
    return malformed('depth', 'the run above may not have as many below it');
  }
  for (const [cap, field] of CAPS) {
    const most = leastOf(above, cap);
    if ((wanted[cap] ?? 0) > most) return malformed(field, 'a run above has less');
  }
  const scope = scopeOf(wanted);
  const wider = widest(scope, above);
  return wider === null ? null : malformed(wider, 'this is wider than that of a key above');
}

const CAPS = [
  ['nanoUsd', 'usd'],
  ['calls', 'calls'],
] as const;

const leastOf = (above: readonly KeyRecord[], cap: 'nanoUsd' | 'calls'): number =>
  above.reduce((least, { run }) => Math.min(least, run?.[cap] ?? Infinity), Infinity);

const scopeOf = ({ tools, models }: WantedRun): KeyScope | null =>
  tools === null && models === null
    ? null
    : { actions: null, models, tools, networks: null, hours: null, when: null };

function newRun(
  wanted: WantedRun,
  above: readonly KeyRecord[],
  peppers: KeyPorts['peppers'],
  nowMs: number,
): IssuedKey {
  const [parent] = above;
  assert(parent !== undefined, 'a run has a parent');
  const { tenant, team, user, serviceAccount, roles, mode } = parent;
  // Never beyond the end of what is above it, however long it was asked for.
  const ends = above.map(({ expiresMs }) => expiresMs ?? Infinity);
  const { record, key } = mintKey(
    {
      tenant,
      team,
      user,
      serviceAccount,
      roles,
      mode,
      name: wanted.name,
      parent: parent.id,
      scope: scopeOf(wanted),
      isHoney: false,
      expiresMs: Math.min(nowMs + wanted.wallMs, ...ends),
    },
    peppers,
    nowMs,
  );
  const { nanoUsd, calls, depth } = wanted;
  const path = runPathBelow(parent.run?.path ?? null, record.id);
  const run = { nanoUsd, calls, depth, holder: holderIdOf(parent), path };
  return { record: { ...record, run }, key };
}

export interface EndOfRun {
  readonly diff: JsonObject;
  readonly work: (tx: StorageWrites) => Promise<Result<null, never>>;
}

/** What ends a run, and all under it, in one transaction. A run that has ended stays as it is. */
export async function endOfRun(
  { storage, clock }: Pick<KeyPorts, 'storage' | 'clock'>,
  { run }: KeyRecord,
): Promise<EndOfRun> {
  assert(run !== null, 'a run has its caps');
  const ids = await storage.runs.under(run.path);
  const nowMs = clock.nowMs();
  const work = async (tx: StorageWrites): Promise<Result<null, never>> => {
    for (const id of ids) {
      const found = await tx.keys.find(id);
      if (found?.revokedMs === null) await tx.keys.update({ ...found, revokedMs: nowMs });
    }
    return ok(null);
  };
  return { diff: { run: run.path, runs: ids.length }, work };
}

/** Takes away runs that were over a day ago. The ledger and the log keep what they did. */
export async function sweepRuns({
  storage,
  clock,
}: Pick<KeyPorts, 'storage' | 'clock'>): Promise<number> {
  const over = await storage.runs.overBefore(clock.nowMs() - KEPT_MS, SWEPT_MAX);
  if (over.length === 0) return 0;
  const told = { resource: 'run', tenant: null, diff: { runs: over.length } };
  const entry = runEntry(clock, { actor: 'gateway', action: 'run.sweep', ...told });
  await storage.change(entry, async (tx) => {
    // One that was changed meanwhile is there the next time.
    for (const { id, version } of over) await tx.keys.remove(id, version);
    return ok(null);
  });
  return over.length;
}
