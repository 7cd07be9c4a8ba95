/** What a gateway that has workers does for them, and what it shows of them as its own. */
import type { WorkerView } from '#admin/status-contract.ts';
import type { Alert } from '#gateway/alerts/alert.ts';
import type { ApprovalDesk } from '#gateway/approvals.ts';
import type { BreakerState } from '#gateway/breaker.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';
import { lastHeard } from '#policy/limiters/shared/heard-states.ts';
import type { Log } from '#telemetry/log.ts';

import type { DataSide } from '../data-side.ts';
import { every } from '../every.ts';
import type { ShownCounters } from '../limit-states.ts';
import type { Source } from '../source.ts';
import type { Telemetry } from '../telemetry.ts';
import type { World } from '../world.ts';
import { Crew } from './crew.ts';
import type { WorkerProcess } from './member.ts';
import type { WorkerLogs } from './seat.ts';
import {
  decideIn,
  heardBy,
  heldBy,
  heldElsewhere,
  inFlightOf,
  waitingIn,
  worstBreakers,
} from './shown.ts';

/** Whether what waits for receivers of records is too much is told so often. */
const SPOOL_EVERY_MS = 250;

export interface OwnerParts {
  readonly count: number;
  readonly fork: (worker: number) => WorkerProcess;
  readonly world: World;
  readonly workerLogs: WorkerLogs;
  readonly side: DataSide;
  readonly telemetry: Telemetry;
  readonly raise: (alert: Alert) => void;
  readonly source: () => Source;
  readonly searchesPorts: boolean;
  readonly version: string;
  readonly log: Log;
}

export class Owner {
  readonly #parts: OwnerParts;
  readonly #crew: Crew;
  #wasFull = false;
  #stops: (() => void)[] = [];

  constructor(parts: OwnerParts) {
    this.#parts = parts;
    const { world, side, raise, workerLogs, telemetry } = parts;
    const { counting } = world;
    this.#crew = new Crew({
      ...parts,
      // Where counters are on a server, every worker is one of those who share it, and asks nobody here.
      counters: counting.local ?? new MemoryCounters(world.clock),
      onCrossing: (crossing) => counting.crossed(crossing),
      logs: workerLogs,
      replaysSinceMs: world.replays.sinceMs,
      isSpoolFull: () => world.sinks.isSpoolFull,
      heard: {
        claim: ({ id, holder }) => world.replays.claim(id, holder),
        alert: raise,
        misuse: ({ principal, reason }) =>
          side.configurations.gateway.misuse?.denied(principal, reason),
      },
      decisionHere: ({ principal, requestId }) => world.decisions.own(principal, requestId),
    });
    telemetry.metrics.others = () => this.#crew.families();
  }

  /** The address, when every worker takes calls. */
  async start(): Promise<string> {
    const { world } = this.#parts;
    const url = await this.#crew.start();
    this.#stops = [
      world.storage.onChange(() => this.#crew.tellAll('refresh', null)),
      every(SPOOL_EVERY_MS, () => this.#tellSpool()),
    ];
    world.decisions.elsewhere = (principal, requestId) =>
      this.#crew.decision({ principal, requestId }, null);
    return url;
  }

  /** Another configuration is in force here. */
  apply(): Promise<void> {
    return this.#crew.apply();
  }

  unready(): string | null {
    return this.#crew.unready();
  }

  status(): readonly WorkerView[] {
    return this.#crew.status();
  }

  get inFlight(): number {
    return inFlightOf(this.#crew.members);
  }

  /** What calls that run in workers hold: here, or in a store that each of them asks by itself. */
  async held(): Promise<readonly Demand[]> {
    const { counting } = this.#parts.world;
    if (!counting.shown.isShared) return heldBy(this.#crew.members);
    return await heldElsewhere(this.#crew.members);
  }

  /** What counters have left, whoever of this gateway was told of them last. */
  async shown(): Promise<ShownCounters> {
    const { counting } = this.#parts.world;
    const { shown } = counting;
    if (!shown.isShared) return shown;
    const told = await heardBy(this.#crew.members);
    return { ...shown, states: lastHeard([counting.heard(), ...told]) };
  }

  breakers(): ReadonlyMap<string, BreakerState> {
    return worstBreakers(this.#crew.members);
  }

  /** Calls that wait for a person, wherever they run. */
  approvals(own: ApprovalDesk): Pick<ApprovalDesk, 'waiting' | 'find' | 'decide'> {
    const crew = this.#crew;
    const waiting = () => [...own.waiting(), ...waitingIn(crew.members)];
    return {
      waiting,
      find: (id) => waiting().find((one) => one.id === id) ?? null,
      decide: (id, isApproved) =>
        own.decide(id, isApproved) || decideIn(crew.members, id, isApproved),
    };
  }

  async stop(limitMs: number, delayMs: number): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.#crew.stop(limitMs, delayMs);
  }

  #tellSpool(): void {
    const isFull = this.#parts.world.sinks.isSpoolFull;
    if (isFull === this.#wasFull) return;
    this.#wasFull = isFull;
    this.#crew.tellAll('spool', { isFull });
  }
}
