/**
 * A shared store as the gateway asks it: in time or not at all. What an operator has declared happens
 * while it is away; nothing is let through uncounted. What it has lost is told to it again.
 *
 * Longer than a file should be: which holds the store may not know of is one state, which every step asks.
 */
import type { Amounts } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Closed, CounterStore, Crossing, Reserved, Seed } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';
import { type AwayPolicy, LOCAL_EPOCH, LocalShare, UNAVAILABLE } from './local-share.ts';
import type { Heard, SharedCounters } from './shared-counters.ts';
import { type BreakerPorts, StoreBreaker } from './store-breaker.ts';
import { type UntoldEnd, UntoldEnds } from './untold.ts';

export interface SharedStorePorts extends Omit<BreakerPorts, 'onChange'> {
  readonly counters: SharedCounters;
  readonly clock: Clock;
  readonly policy: AwayPolicy;
  readonly instance: string;
  readonly freshEpoch: () => string;
  /** Which server there is a connection to, and which life of it; null: none. */
  readonly server: () => string | null;
  /** Everything that is held now. */
  readonly held: () => readonly { readonly id: string; readonly demands: readonly Demand[] }[];
  /** Resolves when every call that has ended is in the ledger. */
  readonly flushLedger: () => Promise<void>;
  readonly leaseMs: number;
  readonly onCrossing: (crossing: Crossing) => void;
  readonly onMode: (isUp: boolean, why: string) => void;
  /** At once, when the store has lost what it held: nothing may be spent of it any more. */
  readonly onLoss: () => void;
  readonly onEpoch: (heard: Heard) => void;
}

/** Long enough for every instance to hear of an epoch and tell what it holds. */
export const PAUSE_MS = 2_000;
export const ALIVE_MS = 10_000;
/** Who never heard how many there are supposes that it is not alone. */
const INSTANCES_UNKNOWN = 2;
const TOLD_AT_ONCE = 64;

/** Whether a counter that lets one through has done so before; `away`: nobody can say. */
export type Once = 'first' | 'again' | 'away';
const NOT_MOVED: Closed = { isMoved: false, crossings: [] };
const NOT_USED: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };

export class SharedStore implements CounterStore {
  readonly #ports: SharedStorePorts;
  readonly #breaker: StoreBreaker;
  readonly #untold = new UntoldEnds();
  #local: LocalShare | null = null;
  /** Holds that the store was told of and has not answered for. */
  readonly #unsure = new Set<string>();
  /** Those of them of which nobody knows whether the store has heard: told again with the next beat. */
  readonly #unheard = new Map<string, readonly Demand[]>();
  #epoch: string | null = null;
  #instances = INSTANCES_UNKNOWN;
  #pausedUntilMs = 0;
  #isTelling = false;

  constructor(ports: SharedStorePorts) {
    this.#ports = ports;
    this.#breaker = new StoreBreaker({
      ...ports,
      onChange: (isUp, why) => ports.onMode(isUp, why),
    });
  }

  get isUp(): boolean {
    return this.#breaker.isUp;
  }

  /** What is declared for the time without it. */
  get whileAway(): AwayPolicy {
    return this.#ports.policy;
  }

  get instances(): number {
    return this.#instances;
  }

  get untoldCount(): number {
    return this.#untold.count;
  }

  /** What is left of the pause that an epoch begins with. */
  get pausedMs(): number {
    return Math.max(0, this.#pausedUntilMs - this.#ports.clock.monotonicMs());
  }

  async reserve(id: string, demands: readonly Demand[], leaseMs: number): Promise<Reserved> {
    if (!this.isUp) return this.#away().reserve(id, demands, leaseMs);
    const release = { id, demands, used: NOT_USED, isLocal: false };
    const asked = Promise.resolve(this.#ports.counters.reserve(id, demands, leaseMs));
    try {
      return await this.#breaker.within(asked, (answer) => {
        if (answer?.kind === 'held' && !this.#isOpen(id)) this.#tellLater(release);
      });
    } catch {
      // Counted by the breaker. The store may hold it all the same: what is let through here is told as
      // that hold, and what is not is given back.
      const answer = this.#away().reserve(id, demands, leaseMs);
      if (answer.kind !== 'held') this.#tellLater(release);
      return answer;
    }
  }

  /** What is only worth it in the store itself: no share of this instance stands in for it. */
  async lend(id: string, demands: readonly Demand[], leaseMs: number): Promise<Reserved> {
    if (!this.isUp) return UNAVAILABLE;
    return await this.#breaker.within(
      Promise.resolve(this.#ports.counters.reserve(id, demands, leaseMs)),
    );
  }

  /** In the store itself or not at all: a share of this instance would let one through again. */
  async once(demand: Demand): Promise<Once> {
    if (!this.isUp) return 'away';
    try {
      const taken = Promise.resolve(this.#ports.counters.take([demand]));
      const { kind } = await this.#breaker.within(taken);
      if (kind === 'held') return 'first';
      return kind === 'refused' ? 'again' : 'away';
    } catch {
      // Counted by the breaker. It may have been taken: whoever asks again hears `again`.
      return 'away';
    }
  }

  async lower(id: string, demands: readonly Demand[]): Promise<boolean> {
    if (!this.isUp) return false;
    const asked = Promise.resolve(this.#ports.counters.lower(id, demands));
    return await this.#breaker.within(asked).catch(() => false);
  }

  async take(demands: readonly Demand[]): Promise<Reserved> {
    if (!this.isUp) return this.#away().take(demands);
    try {
      return await this.#breaker.within(Promise.resolve(this.#ports.counters.take(demands)));
    } catch {
      // As above.
      return this.#away().take(demands);
    }
  }

  async settle(id: string, demands: readonly Demand[], used: Amounts): Promise<Closed> {
    if (this.#isOpen(id)) {
      this.#unsure.delete(id);
      const closed = this.#local?.settle(id, demands, used) ?? NOT_MOVED;
      this.#tellLater({ id, demands, used, isLocal: true });
      return closed;
    }
    const end = { id, demands, used, isLocal: false };
    if (this.isUp) {
      try {
        return await this.#tell(end);
      } catch {
        // Nobody knows whether it was done; telling it twice moves nothing twice.
      }
    }
    this.#tellLater(end);
    return NOT_MOVED;
  }

  async extend(id: string, leaseMs: number): Promise<boolean> {
    if (this.#local?.open.has(id) === true) return this.#local.extend(id, leaseMs);
    if (!this.isUp) return false;
    const asked = Promise.resolve(this.#ports.counters.extend(id, leaseMs));
    return await this.#breaker.within(asked).catch(() => false);
  }

  async raise(id: string, more: readonly Demand[]): Promise<Reserved> {
    if (this.#local?.open.has(id) === true) return this.#local.raise(id, more);
    if (!this.isUp) return UNAVAILABLE;
    const asked = Promise.resolve(this.#ports.counters.raise(id, more));
    return await this.#breaker.within(asked).catch(() => UNAVAILABLE);
  }

  async seed(seeds: readonly Seed[], token: string): Promise<void> {
    if (token === LOCAL_EPOCH) return this.#local?.seed(seeds);
    // Whoever asks again hears that the store is away.
    const seeding = Promise.resolve(this.#ports.counters.seed(seeds, token));
    await this.#breaker.within(seeding).catch(() => {});
  }

  async restore(id: string, demands: readonly Demand[], leaseMs: number): Promise<void> {
    await this.#breaker.within(Promise.resolve(this.#ports.counters.restore(id, demands, leaseMs)));
  }

  async sweep(): Promise<number> {
    this.#local?.sweep();
    if (!this.isUp) return 0;
    const sweeping = Promise.resolve(this.#ports.counters.sweep());
    return await this.#breaker.within(sweeping).catch(() => 0);
  }

  /** The connection is gone: nobody has to wait for five deadlines to know. */
  lost(why: string): void {
    this.#breaker.open(why);
  }

  /** Says that this instance is there, and hears of the epoch. While the store is away it is the probe. */
  async beat(): Promise<void> {
    const { counters, instance, server: serverOf, freshEpoch } = this.#ports;
    const server = serverOf();
    if (server === null) return;
    const said = { instance, aliveMs: ALIVE_MS, server, freshEpoch: freshEpoch() };
    try {
      this.#heard(await this.#breaker.within(counters.beat({ ...said, pauseMs: PAUSE_MS })));
    } catch {
      // Counted by the breaker.
    }
  }

  async leave(): Promise<void> {
    const { counters, instance, server: serverOf } = this.#ports;
    const server = serverOf();
    if (!this.isUp || server === null) return;
    await this.#tellInTurn();
    const said = { instance, aliveMs: 0, server, freshEpoch: 'none', pauseMs: 0 };
    await this.#breaker.within(counters.beat(said)).catch(() => {});
  }

  #heard(heard: Heard): void {
    const isNew = this.#epoch !== heard.epoch;
    this.#epoch = heard.epoch;
    this.#instances = heard.instances;
    if (isNew) this.#ports.onLoss();
    this.#pausedUntilMs = this.#ports.clock.monotonicMs() + heard.pausedMs;
    // A call that the old epoch has let through just now is among those that are held by then.
    if (isNew) this.#ports.soon(() => this.#rebuild(heard));
    else if (this.#local !== null) this.#joinLocal(this.#local);
    else this.#holdAgain();
    this.#breaker.close();
    this.#tellAll();
  }

  /** What runs is held again, then what has ended goes to the ledger: in this order none is missed. */
  #rebuild(heard: Heard): void {
    this.#local = null;
    this.#untold.clear();
    this.#unheard.clear();
    for (const { id, demands } of this.#ports.held()) this.#hold(id, demands);
    // The feed tries again by itself, and says in the log what is wrong.
    this.#ports.flushLedger().catch(() => {});
    this.#ports.onEpoch(heard);
  }

  /** The same life of the store goes on: it is told of what was let through without it. */
  #joinLocal(local: LocalShare): void {
    this.#local = null;
    for (const [id, demands] of local.open) this.#hold(id, demands);
  }

  /**
   * A new epoch waits for what everybody holds, four beats long: one word that is lost must not be money
   * that is granted to another. A call that has ended tells of its hold by itself.
   */
  #holdAgain(): void {
    const again = [...this.#unheard];
    this.#unheard.clear();
    for (const [id, demands] of again) if (this.#unsure.has(id)) this.#hold(id, demands);
  }

  #hold(id: string, demands: readonly Demand[]): void {
    const epoch = this.#epoch;
    this.#unsure.add(id);
    this.restore(id, demands, this.#ports.leaseMs).then(
      () => {
        if (this.#epoch === epoch) this.#unsure.delete(id);
      },
      () => {
        if (this.#epoch === epoch) this.#unheard.set(id, demands);
      },
    );
  }

  /** The store may not know that it is held. */
  #isOpen(id: string): boolean {
    return this.#unsure.has(id) || this.#local?.open.has(id) === true;
  }

  #away(): LocalShare {
    const { policy, clock } = this.#ports;
    return (this.#local ??= new LocalShare(policy, clock, this.#instances));
  }

  #tellLater(end: UntoldEnd): void {
    this.#untold.push(end);
    if (this.isUp) this.#tellAll();
  }

  #tellAll(): void {
    if (this.#isTelling || this.#untold.count === 0) return;
    this.#isTelling = true;
    void this.#tellInTurn().finally(() => {
      this.#isTelling = false;
    });
  }

  /** Until one of them fails: the next beat tries again. */
  async #tellInTurn(): Promise<void> {
    const epoch = this.#epoch;
    while (this.isUp && this.#epoch === epoch && this.#untold.count > 0) {
      const ends = this.#untold.take(TOLD_AT_ONCE);
      const told = await Promise.all(ends.map((end) => this.#tellAgain(end, epoch)));
      if (told.includes(false)) return;
    }
  }

  async #tellAgain(end: UntoldEnd, epoch: string | null): Promise<boolean> {
    try {
      if (end.isLocal) await this.restore(end.id, end.demands, this.#ports.leaseMs);
      const { crossings } = await this.#tell(end);
      for (const crossing of crossings) this.#ports.onCrossing(crossing);
      return true;
    } catch {
      // A new epoch begins from the ledger, which has it.
      if (this.#epoch === epoch) this.#untold.push(end);
      return false;
    }
  }

  async #tell({ id, demands, used }: UntoldEnd): Promise<Closed> {
    const { counters, flushLedger } = this.#ports;
    const closed = await this.#breaker.within(counters.settle(id, demands, used));
    if (closed !== null) return closed;
    await flushLedger();
    const known = await this.#breaker.within(counters.settle(id, demands, used, true));
    return known ?? NOT_MOVED;
  }
}
