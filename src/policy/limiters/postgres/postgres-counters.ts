/**
 * Counters in PostgreSQL, for those who run no Valkey. One transaction a step; a reservation is locked
 * before its counters, and counters in the order of their names, so that nobody waits in a circle.
 */
import type { Amounts } from '#domain/limit-state.ts';

import type { Closed, Crossing, Reserved, Seed } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';
import { lowered, loweredMarks, raised } from '../raise.ts';
import type { Beat, Heard, SharedCounters } from '../shared/shared-counters.ts';
import type { CounterRows, HeldRow, LateRow, Rows } from './counter-rows.ts';
import { RowStep, usedOf } from './row-step.ts';

export interface PostgresCountersParts {
  readonly rows: CounterRows;
  /** Tests say what time it is; the server knows it otherwise. */
  readonly nowMs?: () => number | null;
}

const SWEPT_MAX = 50;
const SWEEPS_MAX = 20;
const LATE_MS = 3_600_000;
const FENCE_MS = 259_200_000;
const EPOCH_MS = 3_456_000_000;

const ENDED: LateRow = { demands: [], charged: [] };
const LATE: Reserved = { kind: 'rebuilding', retryAfterMs: 1_000 };

const epochOf = ({ epoch }: Rows): string => epoch?.epoch ?? '0';
const fenceKey = (rows: Rows): string => `${epochOf(rows)}:fence`;
const lateKey = (rows: Rows, id: string): string => `${epochOf(rows)}:late:${id}`;
const toldKey = (rows: Rows, id: string): string => `${epochOf(rows)}:told:${id}`;
/** Reservations are of an epoch as well. */
const nameOf = (rows: Rows, id: string): string => `${epochOf(rows)}:${id}`;

export class PostgresCounters implements SharedCounters {
  readonly #rows: CounterRows;
  readonly #nowMs: () => number | null;

  constructor({ rows, nowMs = () => null }: PostgresCountersParts) {
    this.#rows = rows;
    this.#nowMs = nowMs;
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number): Promise<Reserved> {
    return this.#step(async (rows) => {
      // A command that was late: whoever sent it has given up, and said so, or it was sent twice.
      if (id !== '' && (await rows.held(nameOf(rows, id))) !== null) return LATE;
      // Nothing that is taken for good was begun before: one name for all of it would be one queue.
      const late = id === '' ? [] : [lateKey(rows, id)];
      const step = await RowStep.of(rows, demands, late);
      if (id !== '' && step.state(lateKey(rows, id)) !== undefined) return LATE;
      const refused = step.refusal(demands);
      if (refused !== null) return await fenced(rows, refused);
      const endsMs = rows.nowMs + leaseMs;
      const { states, marks } = step.take(demands, id, endsMs);
      await rows.write(step.changes);
      if (id !== '') {
        await rows.keep({ id: nameOf(rows, id), endsMs, demands, marks });
      }
      return { kind: 'held', states };
    });
  }

  take(demands: readonly Demand[]): Promise<Reserved> {
    return this.reserve('', demands, 0);
  }

  settle(
    id: string,
    demands: readonly Demand[],
    used: Amounts,
    isKnown = false,
  ): Promise<Closed | null> {
    return this.#step(async (rows) => {
      const held = await rows.held(nameOf(rows, id));
      if (held === null) return await corrected(rows, id, { demands, used });
      const step = await RowStep.of(rows, held.demands);
      const unseeded = held.demands.map(
        (demand) => demand.quota.algorithm === 'budget' && step.money(demand).epoch === null,
      );
      if (unseeded.includes(true) && !isKnown) {
        await markEnding(rows, step, held, unseeded);
        return null;
      }
      const fence = unseeded.includes(true) ? await nextFence(rows) : 0;
      const crossings = closeAll(step, { id, held, used, unseeded, fence });
      await rows.drop([held.id]);
      await rows.write(step.changes);
      return { isMoved: true, crossings };
    });
  }

  extend(id: string, leaseMs: number): Promise<boolean> {
    return this.#step(async (rows) => {
      const held = await rows.held(nameOf(rows, id));
      if (held === null) return false;
      await rows.keep({ ...held, endsMs: rows.nowMs + leaseMs });
      return true;
    });
  }

  raise(id: string, more: readonly Demand[]): Promise<Reserved> {
    return this.#step(async (rows) => {
      const held = await rows.held(nameOf(rows, id));
      if (held === null) return { kind: 'rebuilding', retryAfterMs: 1_000 };
      const step = await RowStep.of(rows, more);
      const refused = step.refusal(more);
      if (refused !== null) return await fenced(rows, refused);
      const { states } = step.take(more, id, held.endsMs);
      await rows.write(step.changes);
      await rows.keep({ ...held, demands: raised(held.demands, more) });
      return { kind: 'held', states };
    });
  }

  lower(id: string, demands: readonly Demand[]): Promise<boolean> {
    return this.#step(async (rows) => {
      const held = await rows.held(nameOf(rows, id));
      if (held === null) return false;
      const step = await RowStep.of(rows, held.demands);
      const less = lowered(held.demands, demands);
      for (const [index, demand] of held.demands.entries()) {
        step.lower(demand, { id, mark: held.marks[index] ?? 0, used: less[index]?.amount ?? 0 });
      }
      await rows.write(step.changes);
      const marks = loweredMarks(held.demands, held.marks);
      await rows.keep({ ...held, demands: less, marks });
      return true;
    });
  }

  seed(seeds: readonly Seed[], token: string): Promise<void> {
    return this.#step(async (rows) => {
      const [epoch, fence] = token.split(':');
      if (epoch !== epochOf(rows)) return;
      const step = await RowStep.of(
        rows,
        seeds.flatMap(({ demand, before }) => (before === undefined ? demand : [demand, before])),
      );
      for (const one of seeds) step.seed(one, Number(fence));
      await rows.write(step.changes);
    });
  }

  restore(id: string, demands: readonly Demand[], leaseMs: number): Promise<void> {
    return this.#step(async (rows) => {
      if ((await rows.held(nameOf(rows, id))) !== null) return;
      const told = toldKey(rows, id);
      const step = await RowStep.of(rows, demands, [told]);
      // A hold is told once, however often: whoever got no answer tells it again.
      if (step.state(told) !== undefined) return;
      step.put(told, 1, LATE_MS);
      const endsMs = rows.nowMs + leaseMs;
      const { marks } = step.take(demands, id, endsMs);
      await rows.write(step.changes);
      await rows.keep({ id: nameOf(rows, id), endsMs, demands, marks });
    });
  }

  async sweep(): Promise<number> {
    let count = 0;
    for (let turn = 0; turn < SWEEPS_MAX; turn += 1) {
      const swept = await this.#step((rows) => sweepSome(rows));
      count += swept;
      if (swept < SWEPT_MAX) break;
    }
    return count;
  }

  beat({ instance, aliveMs, server, freshEpoch, pauseMs }: Beat): Promise<Heard> {
    return this.#step(async (rows) => {
      const instances = await rows.members(instance, aliveMs);
      await rows.lock(['epoch']);
      let { epoch } = rows;
      if (epoch === null || epoch.server !== server) {
        epoch = { epoch: freshEpoch, pausedMs: rows.nowMs + pauseMs, server };
        await rows.write([{ key: 'epoch', state: epoch, keepMs: EPOCH_MS }]);
      }
      const pausedMs = Math.max(0, epoch.pausedMs - rows.nowMs);
      return { epoch: epoch.epoch, pausedMs, instances };
    });
  }

  #step<T>(run: (rows: Rows) => Promise<T>): Promise<T> {
    return this.#rows.step(this.#nowMs(), run);
  }
}

/** The id as its owner says it, out of the name of its row. */
const idOf = ({ id }: HeldRow): string => id.slice(id.indexOf(':') + 1);

async function markEnding(
  rows: Rows,
  step: RowStep,
  held: HeldRow,
  unseeded: readonly boolean[],
): Promise<void> {
  const marks = held.marks.map((mark, index) => {
    const demand = held.demands[index];
    if (unseeded[index] !== true || mark === 1 || demand === undefined) return mark;
    step.changedMoney(demand).ending += 1;
    return 1;
  });
  await rows.keep({ ...held, marks });
  await rows.write(step.changes);
}

interface Ending {
  readonly id: string;
  readonly held: HeldRow;
  readonly used: Amounts;
  readonly unseeded: readonly boolean[];
  readonly fence: number;
}

/**
 * Words of the ledger that were asked for before this are too old. Locked after all counters, whoever
 * needs it, and written at once: so nobody who has it waits for a counter.
 */
async function nextFence(rows: Rows): Promise<number> {
  const key = fenceKey(rows);
  const fence = Number((await rows.lock([key])).get(key) ?? 0) + 1;
  await rows.write([{ key, state: fence, keepMs: FENCE_MS }]);
  return fence;
}

/**
 * Which fence the ledger is asked behind, read without a lock: the counters of the call are locked, so
 * whatever ends on them from now on gets a later one.
 */
async function fenced(rows: Rows, refused: Reserved): Promise<Reserved> {
  if (refused.kind !== 'unseeded') return refused;
  const fence = Number((await rows.read(fenceKey(rows))) ?? 0);
  return { ...refused, epoch: `${epochOf(rows)}:${fence}` };
}

function closeAll(step: RowStep, { id, held, used, unseeded, fence }: Ending): Crossing[] {
  const crossings: Crossing[] = [];
  for (const [index, demand] of held.demands.entries()) {
    const mark = held.marks[index] ?? 0;
    // The ledger has it, and will be asked again: no word from before this one counts.
    if (unseeded[index] === true) {
      step.close(demand, { id, mark, used: 0 });
      step.changedMoney(demand).fence = fence;
      continue;
    }
    step.close(demand, { id, mark, used: usedOf(demand, used) });
    crossings.push(...step.crossings(demand));
  }
  return crossings;
}

/** After the end of a lease: what it charged is corrected, once. */
async function corrected(
  rows: Rows,
  id: string,
  { demands, used }: { readonly demands: readonly Demand[]; readonly used: Amounts },
): Promise<Closed> {
  const key = lateKey(rows, id);
  const step = await RowStep.of(rows, demands, [key]);
  // What stands under this name was written by `sweepSome`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const late = step.state(key) as LateRow | undefined;
  const crossings: Crossing[] = [];
  // What ended before it began is not begun any more.
  step.put(key, ENDED, LATE_MS);
  for (const [index, demand] of (late ?? ENDED).demands.entries()) {
    if (demand.quota.algorithm !== 'budget' || step.money(demand).epoch === null) continue;
    const money = step.changedMoney(demand);
    const difference = usedOf(demand, used) - (late?.charged[index] ?? 0);
    money.spent = Math.max(0, money.spent + difference);
    crossings.push(...step.crossings(demand));
  }
  await rows.write(step.changes);
  return { isMoved: false, crossings };
}

/** Whoever holds them is gone, or cut off: charged is all that they held. */
async function sweepSome(rows: Rows): Promise<number> {
  const gone = await rows.expired(SWEPT_MAX);
  if (gone.length === 0) return 0;
  const step = await RowStep.of(
    rows,
    gone.flatMap(({ demands }) => demands),
  );
  for (const held of gone) {
    const id = idOf(held);
    const charged = held.demands.map((demand, index) => {
      step.close(demand, { id, mark: held.marks[index] ?? 0, used: demand.amount });
      return demand.amount;
    });
    step.put(lateKey(rows, id), { demands: held.demands, charged }, LATE_MS);
  }
  await rows.drop(gone.map(({ id }) => id));
  await rows.write(step.changes);
  return gone.length;
}
