/**
 * Overload control of a process: the door, the gates of deployments, and the stages. It outlives
 * configurations; what they say of it is put in force when they are.
 */
import type { Config } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';
import { AdaptiveLimit, type LimitBounds } from '#gateway/overload/adaptive-limit.ts';
import type { QueueBounds } from '#gateway/overload/fair-queue.ts';
import { Gate, type GatePorts } from '#gateway/overload/gate.ts';
import { FixedLimit } from '#gateway/overload/limit.ts';
import {
  nextStage,
  type Pressure,
  type Stage,
  stages,
  type StageState,
} from '#gateway/overload/stage.ts';
import type { RunningCalls } from '#gateway/running-calls.ts';
import type { Upstream } from '#gateway/upstreams.ts';
import { callClasses } from '#domain/call-class.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Log } from '#telemetry/log.ts';
import type { Labels } from '#telemetry/metrics.ts';
import type { OverloadMetrics } from '#telemetry/overload-metrics.ts';

import type { PressureProbe } from './pressure.ts';

const MEASURE_EVERY_MS = 500;
/** Ended at a time, of all that run: enough that it helps, and then it is measured again. */
const RESET_SHARE = 0.05;

export interface OverloadPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly running: RunningCalls;
  readonly meter: OverloadMetrics;
  readonly probe: PressureProbe;
}

export class Overload {
  readonly #ports: OverloadPorts;
  readonly #door: Gate;
  readonly #callsMax: FixedLimit;
  #config: Config;
  #state: StageState;
  #timer: NodeJS.Timeout | null = null;

  constructor(config: Config, ports: OverloadPorts) {
    this.#ports = ports;
    this.#config = config;
    this.#state = { stage: 'normal', sinceMs: ports.clock.monotonicMs() };
    this.#callsMax = new FixedLimit(callsMaxOf(config));
    this.#door = new Gate(this.#callsMax, queueBounds(config), this.#gatePorts());
  }

  get stage(): Stage {
    return this.#state.stage;
  }

  get door(): Gate {
    return this.#door;
  }

  get meter(): OverloadMetrics {
    return this.#ports.meter;
  }

  strangerShed(): void {
    this.#ports.meter.shed('stage', 'unknown');
  }

  /** Of a deployment that is new. */
  newGate(config: Config, provider: string): Gate {
    const limit = new AdaptiveLimit(limitBounds(config, provider));
    return new Gate(limit, queueBounds(config), this.#gatePorts());
  }

  /** A configuration is in force: its numbers are. What was learned stays. */
  apply(config: Config, upstreams: readonly Upstream[]): void {
    this.#config = config;
    this.#callsMax.value = callsMaxOf(config);
    this.#door.bound(queueBounds(config));
    this.#door.admit();
    for (const { deployment, gate } of upstreams) {
      const { limit } = gate;
      if (limit instanceof AdaptiveLimit) limit.bound(limitBounds(config, deployment.provider));
      gate.bound(queueBounds(config));
      gate.admit();
    }
  }

  /** Gauges, read when somebody scrapes. */
  watch(upstreams: () => readonly Upstream[]): void {
    this.#ports.meter.watch({
      stage: () => stages.indexOf(this.stage),
      limits: () =>
        upstreams().map(({ deployment, gate }) => [
          { deployment: deployment.id },
          gate.limit.value,
        ]),
      depths: () => [
        ...depthsOf('door', this.#door),
        ...upstreams().flatMap(({ deployment, gate }) => depthsOf(deployment.id, gate)),
      ],
    });
  }

  start(): void {
    const measure = (): void => {
      const { memoryBytesMax = null, loopLagMax } = this.#config.server.overload;
      this.take(this.#ports.probe.measure({ memoryBytesMax, loopLagMaxMs: loopLagMax.ms }));
    };
    this.#timer = setInterval(measure, MEASURE_EVERY_MS).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#ports.probe.close();
  }

  /** What was measured just now. */
  take(pressure: Pressure): void {
    const { clock, log, running, meter } = this.#ports;
    const before = this.#state;
    this.#state = nextStage(before, pressure, clock.monotonicMs());
    const { stage } = this.#state;
    if (stage !== before.stage) {
      const { memory, heap, loop } = pressure;
      const reason = `memory ${percent(memory)}, heap ${percent(heap)}, loop ${percent(loop)}`;
      log.write(stage === 'normal' ? 'info' : 'warn', 'overload-stage', { state: stage, reason });
    }
    if (stage !== 'reset') return;
    const count = Math.max(1, Math.ceil(running.count * RESET_SHARE));
    const reason = new Fault('call-shed', 'memory was needed for the other calls');
    const ended = running.endHeaviest(count, reason);
    if (ended > 0) meter.ended(ended);
  }

  #gatePorts(): GatePorts {
    const { clock, meter } = this.#ports;
    return { clock, every, waited: meter.waited };
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms).unref();
  return () => clearInterval(timer);
}

const callsMaxOf = ({ server }: Config): number => server.overload.callsMax ?? server.inFlightMax;

const queueBounds = ({ server }: Config): QueueBounds => {
  const { waitersMax, waitMax, target } = server.overload.queue;
  return { waitersMax, waitMaxMs: waitMax.ms, targetMs: Math.min(target.ms, waitMax.ms) };
};

/** A pool of connections has a queue of its own, which is in no fair order: nothing may get there. */
function limitBounds(config: Config, provider: string): LimitBounds {
  const { adaptive, min, max } = config.server.overload.concurrency;
  const section = config.providers[provider];
  const connectionsMax =
    section !== undefined && 'connectionsMax' in section ? section.connectionsMax : max;
  const most = Math.min(max, connectionsMax);
  return { min: adaptive ? Math.min(min, most) : most, max: most };
}

const depthsOf = (at: string, gate: Gate): (readonly [Labels, number])[] =>
  callClasses.map((one) => [{ at, class: one }, gate.depth(one)]);
