/**
 * Seeds of a simulation: one is one run, the same on every machine. They run in threads of their own, as
 * the test runner follows every promise of the thread that it is in, which took two thirds of the time.
 */
import { once } from 'node:events';
import { test } from 'node:test';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import type { Reservation } from '#domain/proofs.ts';

import type { Demand } from './limiter.ts';

const THREADS = 2;

/** Numbers below a bound, the same for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = (seed + 1) * 2_654_435_761;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export const scopesOf = (demands: readonly Demand[]): string[] =>
  demands.filter(({ quota }) => quota.algorithm === 'budget').map(({ bucket }) => bucket);

export const demandsOf = (reservation: Reservation): readonly Demand[] =>
  (reservation as unknown as { readonly demands: readonly Demand[] }).demands;

/** What runs have come to, by what it is. */
type Counts = Readonly<Record<string, number>>;

export interface Seeds<C extends Counts> {
  /** The file that says so: a thread begins with it again. */
  readonly file: string;
  readonly seeds: number;
  /** Those that have failed once: they run for ever. */
  readonly found: readonly number[];
  /** Rejects where something does not hold. */
  run(seed: number): Promise<C>;
}

/** Two that follow each other may be of two kinds: each thread has both. */
const isOf = (seed: number, thread: number): boolean => Math.floor(seed / 2) % THREADS === thread;

const added = <C extends Counts>(sums: C | null, more: C): C =>
  sums === null
    ? more
    : // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      (Object.fromEntries(
        Object.entries(more).map(([name, count]) => [name, count + (sums[name] ?? 0)]),
      ) as C);

async function runAll<C extends Counts>({ seeds, run }: Seeds<C>, thread: number) {
  let sums: C | null = null;
  for (let seed = 0; seed < seeds; seed += 1) {
    if (!isOf(seed, thread)) continue;
    try {
      sums = added(sums, await run(seed));
    } catch (thrown) {
      throw new Error(`seed ${seed}; add it to FOUND`, { cause: thrown });
    }
  }
  return sums;
}

/** Rejects with what its thread has thrown. */
async function inThread<C extends Counts>(file: string, thread: number): Promise<C> {
  const worker = new Worker(file, { workerData: { simulates: file, thread } });
  const [ran] = (await once(worker, 'message')) as [C];
  return ran;
}

/** A test of all of them, and one of each that has failed once. `check`: of what all have come to. */
export function seedTests<C extends Counts>(
  title: string,
  simulation: Seeds<C>,
  check: (sums: C) => void,
): void {
  const { file, found, run } = simulation;
  const asked = workerData as { readonly simulates?: string; readonly thread: number } | null;
  if (!isMainThread && asked?.simulates === file) {
    // What is thrown ends the thread, and is told to whoever waits for it.
    void runAll(simulation, asked.thread).then((ran) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      parentPort?.postMessage(ran);
    });
    return;
  }
  for (const seed of found) {
    test(`seed ${seed}, which has failed once`, async () => {
      await run(seed);
    });
  }
  test(title, async () => {
    const ran = Array.from({ length: THREADS }, (_, thread) => inThread<C>(file, thread));
    const [first, ...others] = await Promise.all(ran);
    if (first === undefined) throw new Error('there is a thread');
    check(others.reduce(added<C>, first));
  });
}
