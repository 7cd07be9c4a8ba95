/**
 * Counters in Valkey or Redis: one script a step, by the server's own clock. What the store loses is
 * told to it again: it begins a new epoch, in which budgets have to be seeded from the ledger.
 */
import type { Amounts } from '#domain/limit-state.ts';

import type { Closed, Reserved, Seed } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';
import type { Beat, SharedCounters } from '../shared/shared-counters.ts';
import { closedOf, numbersOf, reservedOf } from './answers.ts';
import { Batches } from './batches.ts';
import { type Argument, pushAmounts, pushDemands } from './demand-args.ts';
import {
  BEAT,
  EXTEND,
  RAISE,
  RESERVE,
  RESTORE,
  type Script,
  SEED,
  SETTLE,
  SWEEP,
} from './scripts.ts';

export interface ScriptRunner {
  /** `keys`: one, whose hash tag all keys of the script have. */
  run(script: Script, key: string, args: readonly Argument[]): Promise<unknown>;
}

export interface ValkeyCountersParts {
  readonly runner: ScriptRunner;
  /** Gateways of one name share counters. */
  readonly namespace: string;
  /** Runs at the end of this turn of the event loop. */
  readonly soon: (run: () => void) => void;
  /** Of this process, never stepping back. */
  readonly monotonicMs: () => number;
  /** Tests say what time it is; the server knows it otherwise. */
  readonly nowMs?: () => number;
}

const SERVER_TIME = -1;
/** Many times any deadline, and what two clocks may drift apart between two beats. */
const STALE_MS = 2_000;
/** How many leases one step ends: a step keeps everybody else waiting. */
const SWEPT_MAX = 50;
const SWEEPS_MAX = 20;

export class ValkeyCounters implements SharedCounters {
  readonly #runner: ScriptRunner;
  readonly #key: string;
  readonly #nowMs: () => number;
  readonly #monotonicMs: () => number;
  /** What the server's clock shows beside ours; null until it has said so. */
  #aheadMs: number | null = null;
  readonly #reserves: Batches;
  readonly #settles: Batches;

  constructor(parts: ValkeyCountersParts) {
    const { runner, namespace, soon, nowMs = () => SERVER_TIME } = parts;
    this.#monotonicMs = parts.monotonicMs;
    this.#runner = runner;
    this.#key = `{${namespace}}:epoch`;
    this.#nowMs = nowMs;
    const batches = (script: Script): Batches =>
      new Batches((args) => this.#run(script, [this.#nowMs(), ...args]), soon);
    this.#reserves = batches(RESERVE);
    this.#settles = batches(SETTLE);
  }

  async reserve(id: string, demands: readonly Demand[], leaseMs: number): Promise<Reserved> {
    const args: Argument[] = [id, leaseMs, this.#notAfterMs()];
    pushDemands(args, demands);
    return reservedOf(await this.#reserves.run(args), demands);
  }

  take(demands: readonly Demand[]): Promise<Reserved> {
    return this.reserve('', demands, 0);
  }

  async settle(
    id: string,
    demands: readonly Demand[],
    used: Amounts,
    isKnown = false,
  ): Promise<Closed | null> {
    const args: Argument[] = [id, isKnown ? 1 : 0];
    pushAmounts(args, used);
    return closedOf(await this.#settles.run(args), demands);
  }

  async extend(id: string, leaseMs: number): Promise<boolean> {
    return Number(await this.#run(EXTEND, [this.#nowMs(), id, leaseMs])) === 1;
  }

  async raise(id: string, more: readonly Demand[]): Promise<Reserved> {
    const args: Argument[] = [this.#nowMs(), id];
    pushDemands(args, more);
    return reservedOf(await this.#run(RAISE, args), more);
  }

  /** `token`: what `reserve` said when it asked for them. */
  async seed(seeds: readonly Seed[], token: string): Promise<void> {
    const [epoch = '', fence = '0'] = token.split(':');
    const args: Argument[] = [this.#nowMs(), epoch, fence, seeds.length];
    for (const { demand, spent, carried } of seeds) {
      args.push(spent, carried);
      pushDemands(args, [demand]);
    }
    await this.#run(SEED, args);
  }

  async restore(id: string, demands: readonly Demand[], leaseMs: number): Promise<void> {
    const args: Argument[] = [this.#nowMs(), id, leaseMs];
    pushDemands(args, demands);
    await this.#run(RESTORE, args);
  }

  async sweep(): Promise<number> {
    let count = 0;
    for (let turn = 0; turn < SWEEPS_MAX; turn += 1) {
      const swept = Number(await this.#run(SWEEP, [this.#nowMs(), SWEPT_MAX]));
      count += swept;
      if (swept < SWEPT_MAX) break;
    }
    return count;
  }

  async beat({ instance, aliveMs, server, freshEpoch, pauseMs }: Beat) {
    const args = [this.#nowMs(), instance, aliveMs, server, freshEpoch, pauseMs];
    const answer = await this.#run(BEAT, args);
    const [, pausedMs = 0, instances = 1, serverMs = 0] = numbersOf(answer);
    this.#aheadMs = serverMs - this.#monotonicMs();
    const epoch = Array.isArray(answer) ? String(answer[0]) : '';
    return { epoch, pausedMs, instances };
  }

  /** A call that waits in the socket of a server that hangs is let through by nobody later. */
  #notAfterMs(): number {
    if (this.#aheadMs === null || this.#nowMs() !== SERVER_TIME) return 0;
    return Math.ceil(this.#monotonicMs() + this.#aheadMs + STALE_MS);
  }

  #run(script: Script, args: readonly Argument[]): Promise<unknown> {
    return this.#runner.run(script, this.#key, args);
  }
}
