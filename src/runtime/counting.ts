/** Counters of limits and budgets, and the ledger behind them. They outlive a configuration. */
import { join } from 'node:path';

import { recordsAfter } from '#audit/read.ts';
import { systemTimers } from '#audit/timers.ts';
import type { AuditLog } from '#audit/writer.ts';
import { faultCodeOf } from '#domain/fault.ts';
import type { SpendQuery } from '#domain/ledger-entry.ts';
import { Expectations } from '#metering/expectations.ts';
import type { Crossing, Seed } from '#policy/limiters/counter-store.ts';
import type { BudgetScope, Demand } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';
import { RENEW_EVERY_MS, Reservations } from '#policy/limiters/reservations.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Ledger } from '#storage/ledger.ts';
import type { MeterOutbox } from '#storage/meter-outbox.ts';
import type { Log } from '#telemetry/log.ts';

import { LedgerFeed } from './ledger-feed.ts';
import { MeterPush } from './meter-push.ts';

const SWEEP_EVERY_MS = 250;
const RETELL_EVERY_MS = 1_000;

export interface Counting {
  readonly limitStore: Reservations;
  readonly ledger: LedgerFeed;
  readonly expectations: Expectations;
  readonly meterPush: MeterPush;
  /** Who is told that a budget went past one of its lines. */
  onCrossing(listener: (crossing: Crossing) => void): void;
  close(): Promise<void>;
}

interface Parts {
  readonly audit: AuditLog;
  readonly ledger: Ledger;
  readonly meterOutbox: MeterOutbox;
  readonly dataDir: string;
  readonly writer: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the log has and the ledger has not is brought to it first: budgets begin with all of it. */
export async function openCounting(parts: Parts): Promise<Counting> {
  const { audit, ledger, meterOutbox, dataDir, writer, clock, log } = parts;
  const onFault = (thrown: unknown): void => {
    log.write('error', 'ledger-behind', { code: faultCodeOf(thrown) });
  };
  const feed = new LedgerFeed({
    ledger,
    writer,
    timers: systemTimers,
    recordsAfter: (seq) => recordsAfter(join(dataDir, 'audit'), { writer, seq }),
    onFault,
  });
  await audit.flush();
  const added = await feed.catchUp();
  if (added > 0) log.write('info', 'ledger-caught-up', { count: added });
  let tell: (crossing: Crossing) => void = () => {};
  const counters = new MemoryCounters(clock);
  const limitStore = new Reservations({
    counters,
    seedsOf: seedsFrom(ledger, feed),
    clock,
    onCrossing: (crossing) => tell(crossing),
    onFault: (thrown) => log.write('error', 'limits-behind', { code: faultCodeOf(thrown) }),
  });
  const meterPush = new MeterPush({ outbox: meterOutbox, clock, timers: systemTimers, log });
  const stops = [
    every(SWEEP_EVERY_MS, () => void counters.sweep()),
    every(RETELL_EVERY_MS, () => limitStore.retell()),
    every(RENEW_EVERY_MS, () => void limitStore.renew()),
  ];
  return {
    limitStore,
    ledger: feed,
    expectations: new Expectations(),
    meterPush,
    onCrossing: (listener) => {
      tell = listener;
    },
    async close() {
      for (const stop of stops) stop();
      await meterPush.close();
      await feed.close();
    },
  };
}

/** Begins again when it has run, so that a slow turn is not followed by a second one. */
function every(ms: number, run: () => void): () => void {
  let stop = (): void => {};
  const again = (): void => {
    stop = systemTimers.after(ms, () => {
      run();
      again();
    });
  };
  again();
  return () => stop();
}

/** What was spent in the period, and what is left of the one before where the budget carries over. */
function seedsFrom(ledger: Ledger, feed: LedgerFeed) {
  const spent = ({ quota }: Demand, scope: BudgetScope, fromMs: number, toMs: number) => {
    const { key, ...where } = scope.where;
    const query: SpendQuery = {
      fromMs,
      toMs,
      where: key === undefined ? where : { ...where, rootKey: key },
      models: scope.models,
    };
    return quota.unit === 'requests' ? ledger.calls(query) : ledger.spent(query);
  };
  const seedOf = async (demand: Demand): Promise<Seed> => {
    const { scope, quota } = demand;
    if (scope === null) return { demand, spent: 0, carried: 0 };
    const { fromMs, toMs, carriesFromMs } = scope;
    const before =
      carriesFromMs === null ? null : await spent(demand, scope, carriesFromMs, fromMs);
    const carried = before === null ? 0 : Math.max(0, quota.amount - before);
    return { demand, spent: await spent(demand, scope, fromMs, toMs), carried };
  };
  return async (demands: readonly Demand[]): Promise<readonly Seed[]> => {
    // What has ended and is on its way to the ledger belongs to the sum.
    await feed.flush();
    return Promise.all(demands.map(seedOf));
  };
}
