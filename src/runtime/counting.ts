/** Counters of limits and budgets, and the ledger behind them. They outlive a configuration. */
import { join } from 'node:path';

import { recordsAfter } from '#audit/read.ts';
import { systemTimers } from '#audit/timers.ts';
import type { AuditLog } from '#audit/writer.ts';
import { Fault, faultCodeOf } from '#domain/fault.ts';
import type { SpendQuery } from '#domain/ledger-entry.ts';
import type { LimitUnit } from '#domain/limit-state.ts';
import { Expectations } from '#metering/expectations.ts';
import type { Crossing, Seed } from '#policy/limiters/counter-store.ts';
import type { BudgetScope, CounterStates, Demand } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';
import { type HeardState, HeardStates } from '#policy/limiters/shared/heard-states.ts';
import { RENEW_EVERY_MS, Reservations } from '#policy/limiters/reservations.ts';
import type { CountersSection } from '#config/stores-section.ts';
import { assert } from '#stdx/assert.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Ledger } from '#storage/ledger.ts';
import type { Log } from '#telemetry/log.ts';

import { every } from './every.ts';
import type { OpenLedger } from './open-ledger.ts';
import { LedgerFeed } from './ledger-feed.ts';
import type { ShownCounters } from './limit-states.ts';
import { MeterPush } from './meter-push.ts';
import { type OpenShared, openSharedCounters, type SharedPorts } from './shared-counters.ts';
import type { Seat } from './workers/seat.ts';

const SWEEP_EVERY_MS = 250;
const RETELL_EVERY_MS = 1_000;

export interface Counting {
  readonly limitStore: Reservations;
  readonly ledger: LedgerFeed;
  /** Where the lines are: beside everything else, or one of several gateways. */
  readonly kept: Ledger;
  readonly expectations: Expectations;
  /** The last record of a log of this gateway that the ledger has counted. */
  counted(writer: string): Promise<number>;
  /** Null: counters are in this process. */
  readonly shared: OpenShared['store'] | null;
  /** Null: they are elsewhere. */
  readonly local: MemoryCounters | null;
  /** What counters have left, for whoever looks. */
  readonly shown: ShownCounters;
  /** What a store that is shared has said of its counters; nothing where none is. */
  heard(): readonly HeardState[];
  readonly meterPush: MeterPush;
  /** Who is told that a budget went past one of its lines. */
  onCrossing(listener: (crossing: Crossing) => void): void;
  /** Tells whoever that is: a step was made here for another process. */
  crossed(crossing: Crossing): void;
  close(): Promise<void>;
}

interface Parts {
  readonly audit: AuditLog;
  readonly ledger: OpenLedger;
  readonly dataDir: string;
  /** Of the audit log. */
  readonly writer: string;
  /** Names this gateway among those that share a store. */
  readonly instance: string;
  /** Absent: in this process, or in the one that owns it. */
  readonly counters: CountersSection | undefined;
  /** Null: this process is not one of several workers. */
  readonly seat: Seat | null;
  /** Whose logs are ended and may not be in the ledger yet. */
  readonly leftWriters: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Several gateways write into one ledger, and each has logs of its own. */
const ledgerName = ({ ledger, instance }: Pick<Parts, 'ledger' | 'instance'>, writer: string) =>
  ledger.isShared ? `${writer}@${instance}` : writer;

function feedOf(parts: Parts, writer: string): LedgerFeed {
  const { ledger, dataDir, log } = parts;
  return new LedgerFeed({
    ledger: ledger.ledger,
    writer: ledgerName(parts, writer),
    timers: systemTimers,
    recordsAfter: (seq) => recordsAfter(join(dataDir, 'audit'), { writer, seq }),
    onFault: (thrown) => log.write('error', 'ledger-behind', { code: faultCodeOf(thrown) }),
  });
}

/** What the logs have and the ledger has not is brought to it first: budgets begin with all of it. */
async function caughtUp(parts: Parts): Promise<CaughtUp> {
  const { audit, ledger, writer, leftWriters, log } = parts;
  const feed = feedOf(parts, writer);
  const lefts = leftWriters.map((left) => feedOf(parts, left));
  await audit.flush();
  try {
    let added = 0;
    for (const left of lefts) added += await left.catchUp();
    added += await feed.catchUp();
    if (added > 0) log.write('info', 'ledger-caught-up', { count: added });
  } catch (thrown) {
    if (!ledger.isShared || !(thrown instanceof Fault)) throw thrown;
    // A server that is away: budgets that need its sums refuse until they are there.
    log.write('error', 'ledger-behind', { code: thrown.code });
    feed.beginBehind();
  }
  const feeds = [feed, ...lefts];
  return {
    feed,
    crashed: (query, unit) =>
      feeds
        .map((each) => each.crashed(query))
        .reduce((sum, { calls, nanoUsd }) => sum + (unit === 'requests' ? calls : nanoUsd), 0),
  };
}

interface CaughtUp {
  readonly feed: LedgerFeed;
  /** What of a sum this start has charged for calls that a crash interrupted. */
  readonly crashed: (query: SpendQuery, unit: LimitUnit) => number;
}

/** A worker whose owner counts: nobody asks it what is left. */
const NO_STATES: CounterStates = { states: () => [] };

export async function openCounting(parts: Parts): Promise<Counting> {
  const { ledger, clock, log } = parts;
  const { feed, crashed } = await caughtUp(parts);
  let tell: (crossing: Crossing) => void = () => {};
  const onCrossing = (crossing: Crossing): void => tell(crossing);
  let limitStore: Reservations | null = null;
  const shared = await openShared(parts, {
    // The store may begin an epoch before there is anything to hold.
    held: () => limitStore?.held() ?? [],
    flushLedger: () => feed.flush(),
    onCrossing,
  });
  const owners = parts.seat?.counters ?? null;
  const local = shared === null && owners === null ? new MemoryCounters(clock) : null;
  const heard = shared === null ? null : new HeardStates(shared.counters, clock);
  const counters = heard ?? owners ?? local;
  assert(counters !== null, 'there is one or the other');
  const reservations = new Reservations({
    counters,
    // A shared store has charged them at the end of their leases, and tells of it itself.
    seedsOf: seedsFrom(ledger.ledger, feed, shared === null ? crashed : () => 0),
    clock,
    onCrossing,
    onFault: (thrown) => log.write('error', 'limits-behind', { code: faultCodeOf(thrown) }),
  });
  limitStore = reservations;
  const meterPush = new MeterPush({ outbox: ledger.meterOutbox, clock, timers: systemTimers, log });
  const stops = [
    every(SWEEP_EVERY_MS, () => counters.sweep()),
    every(RETELL_EVERY_MS, () => reservations.retell()),
    every(RENEW_EVERY_MS, () => reservations.renew()),
  ];
  return {
    limitStore: reservations,
    ledger: feed,
    kept: ledger.ledger,
    counted: (writer) => ledger.ledger.position(ledgerName(parts, writer)),
    expectations: new Expectations(),
    shared: shared?.store ?? null,
    local,
    shown: { states: heard ?? local ?? NO_STATES, isShared: heard !== null },
    heard: () => [...(heard?.heard() ?? [])],
    meterPush,
    onCrossing: (listener) => {
      tell = listener;
    },
    crossed: onCrossing,
    async close() {
      for (const stop of stops) stop();
      await shared?.close();
      await meterPush.close();
      await feed.close();
      await ledger.close();
    },
  };
}

const openShared = async (
  { counters, instance, seat, clock, log }: Parts,
  ports: Pick<SharedPorts, 'held' | 'flushLedger' | 'onCrossing'>,
): Promise<OpenShared | null> =>
  counters === undefined
    ? null
    : await openSharedCounters(counters, {
        ...ports,
        // Each holds what is its own, and tells it again to a store that has lost it.
        instance: seat === null ? instance : `${instance}.${seat.writer}`,
        clock,
        log,
      });

const queryOf = ({ where, models }: BudgetScope, fromMs: number, toMs: number): SpendQuery => {
  const { key, ...names } = where;
  return { fromMs, toMs, models, where: key === undefined ? names : { ...names, rootKey: key } };
};

/** What was spent in the period, and what is left of the one before where the budget carries over. */
function seedsFrom(ledger: Ledger, feed: LedgerFeed, crashed: CaughtUp['crashed']) {
  const seedOf = async (demand: Demand): Promise<Seed> => {
    const { scope, quota } = demand;
    if (scope === null) return { demand, spent: 0, carried: 0 };
    const { amount, unit } = quota;
    const spent = (query: SpendQuery): Promise<number> =>
      unit === 'requests' ? ledger.calls(query) : ledger.spent(query);
    const { fromMs, toMs, carriesFromMs } = scope;
    const before =
      carriesFromMs === null ? null : await spent(queryOf(scope, carriesFromMs, fromMs));
    const carried = before === null ? 0 : Math.max(0, amount - before);
    const query = queryOf(scope, fromMs, toMs);
    const seed = { demand, spent: await spent(query), carried, untold: crashed(query, unit) };
    const { bucketBefore } = scope;
    if (bucketBefore === undefined) return seed;
    const past = { ...scope, toMs: fromMs };
    return { ...seed, before: { ...demand, bucket: bucketBefore, amount: 0, scope: past } };
  };
  return async (demands: readonly Demand[]): Promise<readonly Seed[]> => {
    // What has ended and is on its way to the ledger belongs to the sum.
    await feed.flush();
    return Promise.all(demands.map(seedOf));
  };
}
