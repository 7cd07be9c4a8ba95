/**
 * Counters in Valkey or Redis: one script a step, by the server's own clock. What the store loses is
 * told to it again: it begins a new epoch, in which budgets have to be seeded from the ledger.
 */
import type { Amounts } from '#domain/limit-state.ts';

import type { Closed, Reserved, Seed } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';
import type { Beat, SharedCounters } from '../shared/shared-counters.ts';
import { closedOf, numbersOf, reservedOf } from './answers.ts';
import { Batches, type Write } from './batches.ts';
import { packAmounts, packHold } from './demand-args.ts';
import { Packer } from './packer.ts';
import {
  BEAT,
  EXTEND,
  LOWER,
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
  run(script: Script, key: string, args: readonly (number | Buffer)[]): Promise<unknown>;
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
  readonly #base: string;
  readonly #key: string;
  readonly #nowMs: () => number;
  readonly #monotonicMs: () => number;
  /** What the server's clock shows beside ours; null until it has said so. */
  #aheadMs: number | null = null;
  readonly #reserves: Batches;
  readonly #settles: Batches;
  readonly #packer = new Packer();

  constructor(parts: ValkeyCountersParts) {
    const { runner, namespace, soon, nowMs = () => SERVER_TIME } = parts;
    this.#monotonicMs = parts.monotonicMs;
    this.#runner = runner;
    this.#base = `{${namespace}}:`;
    this.#key = `${this.#base}epoch`;
    this.#nowMs = nowMs;
    const batches = (script: Script): Batches =>
      new Batches((write) => this.#run(script, write), soon);
    this.#reserves = batches(RESERVE);
    this.#settles = batches(SETTLE);
  }

  async reserve(id: string, demands: readonly Demand[], leaseMs: number): Promise<Reserved> {
    const notAfterMs = this.#notAfterMs();
    const asked = this.#reserves.run((into) => {
      into.text(id);
      into.nested((inner) => packHold(inner, demands, { leaseMs, notAfterMs, base: this.#base }));
    });
    return reservedOf(await asked, demands);
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
    const asked = this.#settles.run((into) => {
      into.text(id);
      into.number(isKnown ? 1 : 0);
      packAmounts(into, used);
    });
    return closedOf(await asked, demands);
  }

  async extend(id: string, leaseMs: number): Promise<boolean> {
    const asked = this.#run(EXTEND, (into) => {
      into.text(id);
      into.number(leaseMs);
    });
    return Number(await asked) === 1;
  }

  async raise(id: string, more: readonly Demand[]): Promise<Reserved> {
    return reservedOf(await this.#run(RAISE, this.#hold(id, more, 0)), more);
  }

  async lower(id: string, demands: readonly Demand[]): Promise<boolean> {
    const asked = this.#run(LOWER, (into) => {
      into.text(id);
      for (const { amount } of demands) into.number(amount);
    });
    return Number(await asked) === 1;
  }

  /** `token`: what `reserve` said when it asked for them. */
  async seed(seeds: readonly Seed[], token: string): Promise<void> {
    const [epoch = '', fence = '0'] = token.split(':');
    await this.#run(SEED, (into) => {
      into.text(epoch);
      into.text(fence);
      for (const { demand, spent, carried, before } of seeds) {
        into.number(spent);
        into.number(carried);
        const scopes = before === undefined ? [demand] : [demand, before];
        into.nested((inner) =>
          packHold(inner, scopes, { leaseMs: 0, notAfterMs: 0, base: this.#base }),
        );
      }
    });
  }

  async restore(id: string, demands: readonly Demand[], leaseMs: number): Promise<void> {
    await this.#run(RESTORE, this.#hold(id, demands, leaseMs));
  }

  async sweep(): Promise<number> {
    let count = 0;
    for (let turn = 0; turn < SWEEPS_MAX; turn += 1) {
      const swept = Number(await this.#run(SWEEP, (into) => into.number(SWEPT_MAX)));
      count += swept;
      if (swept < SWEPT_MAX) break;
    }
    return count;
  }

  async beat({ instance, aliveMs, server, freshEpoch, pauseMs }: Beat) {
    const answer = await this.#run(BEAT, (into) => {
      into.text(instance);
      into.number(aliveMs);
      into.text(server);
      into.text(freshEpoch);
      into.number(pauseMs);
    });
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

  #run(script: Script, write: Write): Promise<unknown> {
    write(this.#packer);
    return this.#runner.run(script, this.#key, [this.#nowMs(), this.#packer.taken()]);
  }

  #hold(id: string, demands: readonly Demand[], leaseMs: number): Write {
    const head = { leaseMs, notAfterMs: 0, base: this.#base };
    return (into) => {
      into.text(id);
      into.nested((inner) => packHold(inner, demands, head));
    };
  }
}
