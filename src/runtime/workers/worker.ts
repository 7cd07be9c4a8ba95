/**
 * One worker: the data side of a gateway in a process of its own. What is of the whole gateway it asks of
 * the owner, and without the owner it is nothing: it ends when that is gone.
 */
import { systemTimers } from '#audit/timers.ts';
import type { Config } from '#config/config.ts';
import { ListenAddress } from '#config/fields.ts';
import type { LendingStore } from '#policy/limiters/shared/lending-store.ts';
import { assert } from '#stdx/assert.ts';
import { systemClock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { Log } from '#telemetry/log.ts';

import { DataSide } from '../data-side.ts';
import { every } from '../every.ts';
import { instanceId } from '../instance-id.ts';
import type { ReloadResult } from '../source.ts';
import { firstMade } from '../stored-settings.ts';
import { Telemetry } from '../telemetry.ts';
import { watchWorld } from '../watch-world.ts';
import { openWorld, type World } from '../world.ts';
import { Channel, type Wire } from './channel.ts';
import { OwnersCounters } from './counters.ts';
import { lendingOver } from './lending.ts';
import { OwnersAlerts } from './owners-alerts.ts';
import type { OwnerAnswerers, StartOrder, Started, WorkerAnswerers } from './protocol.ts';
import { type Seat, WorkerLogs, writerOf } from './seat.ts';
import { sourceOf, type SourceText } from './source-text.ts';

/** Metrics and the like are at most so old where they are shown. */
export const STATE_EVERY_MS = 1_000;
/** Receivers of records and checkpoints are at most so far behind the disk. */
const LOG_EVERY_MS = 100;

export interface WorkerPorts {
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends this process as it is. */
  readonly exit: () => void;
}

export class GatewayWorker {
  readonly #owner: Channel<OwnerAnswerers>;
  readonly #ports: WorkerPorts;
  #side: DataSide | null = null;
  #world: World | null = null;
  #telemetry: Telemetry | null = null;
  #lending: LendingStore | null = null;
  #isSpoolFull = false;
  #stops: (() => void)[] = [];

  private constructor(wire: Wire, ports: WorkerPorts) {
    this.#ports = ports;
    this.#owner = new Channel<OwnerAnswerers>(wire, this.#answerers, (reason) => {
      ports.log.write('error', 'owner-unheard', { reason });
    });
  }

  /** From here on it does what comes by the wire. */
  static at(wire: Wire, ports: WorkerPorts): GatewayWorker {
    return new GatewayWorker(wire, ports);
  }

  readonly #answerers: WorkerAnswerers = {
    start: (order) => this.#start(order),
    apply: (text) => this.#apply(text),
    refresh: () => this.#side?.changed(),
    stop: ({ limitMs, delayMs }) => this.#stop(limitMs, delayMs),
    decide: ({ id, isApproved }) => void this.#world?.approvals.decide(id, isApproved),
    decision: ({ principal, requestId }) =>
      this.#world?.decisions.own(principal, requestId) ?? null,
    heard: () => this.#world?.counting.heard() ?? [],
    held: () => this.#world?.limitStore.held().flatMap(({ demands }) => demands) ?? [],
    spool: ({ isFull }) => {
      this.#isSpoolFull = isFull;
    },
    failedTry: (failed) => this.#side?.configurations.gateway.failedCredentials.heard(failed),
    breaker: ({ deployment, turn }) =>
      this.#side?.configurations.upstreams.health.get(deployment)?.breaker.heard(turn),
  };

  async #start(order: StartOrder): Promise<Started> {
    try {
      return await this.#begin(order);
    } catch (thrown) {
      await this.#side?.drain(0, 0);
      await this.#side?.close();
      await this.#world?.close();
      if (!(thrown instanceof ConfigProblem)) throw thrown;
      return { ok: false, path: thrown.path, problem: thrown.message };
    }
  }

  async #begin(order: StartOrder): Promise<Started> {
    const writer = writerOf(order.worker);
    this.#isSpoolFull = order.isSpoolFull;
    const source = await sourceOf(order.source);
    if (!source.ok) return { ok: false, path: [], problem: source.error };
    const { config } = source.value;
    const telemetry = new Telemetry({
      log: namedLog(this.#ports.log, writer),
      clock: systemClock,
      version: order.version,
      tellsMetrics: false,
    });
    this.#telemetry = telemetry;
    const { log } = telemetry;
    const workerLogs = new WorkerLogs();
    const seat = this.#seat(writer, order, config.server.workerLeases);
    const world = await openWorld({ config, env: this.#ports.env, log, seat, workerLogs });
    this.#world = world;
    telemetry.instance = `${instanceId(world.dataDir)}.${writer}`;
    const made = await firstMade(source.value, world.storage);
    const alerts = new OwnersAlerts(this.#owner);
    const side = new DataSide(made, {
      world,
      telemetry,
      alerts,
      receivers: alerts,
      searchesPorts: order.searchesPorts,
      first: shareOf(config, order),
      log,
    });
    this.#side = side;
    watchWorld(world, telemetry.metrics, alerts);
    world.approvals.onChanged = () => this.#owner.tell('approvals', world.approvals.waiting());
    world.decisions.elsewhere = (principal, requestId) =>
      this.#owner.ask('decision', { principal, requestId });
    await side.begin();
    const { host, port, url } = await side.data.start();
    const { hash: policyVersion } = side.source;
    await world.audit.append({ kind: 'system', action: 'start', policyVersion });
    world.auditRoom.start();
    this.#follow(world, side, telemetry);
    return { ok: true, host, port, url };
  }

  #seat(writer: string, { replaysSinceMs, workers }: StartOrder, isLending: boolean): Seat {
    const owner = this.#owner;
    const owners = new OwnersCounters(owner);
    this.#lending = isLending ? lendingOver(owners, workers, systemClock) : null;
    return {
      writer,
      counters: this.#lending ?? owners,
      replays: {
        sinceMs: replaysSinceMs,
        claim: (id, holder) => owner.ask('claim', { id, holder }),
      },
      isSpoolFull: () => this.#isSpoolFull,
      others: {
        breakerTurned: (deployment, turn) => owner.tell('breaker', { deployment, turn }),
        failedTry: (failed) => owner.tellSoon('failedTry', failed),
        misuse: { denied: (principal, reason) => owner.tellSoon('misuse', { principal, reason }) },
      },
    };
  }

  /** Tells the owner how it goes, for as long as it goes. */
  #follow(world: World, side: DataSide, telemetry: Telemetry): void {
    const { log } = telemetry;
    let told = -1;
    const tellLog = (): void => {
      const { syncedSeq, lastSeq } = world.audit.status();
      if (syncedSeq + lastSeq === told) return;
      told = syncedSeq + lastSeq;
      this.#owner.tell('log', { syncedSeq, lastSeq });
    };
    const tellState = (): void => {
      this.#checkHeap(side.source.config.server.workerHeapBytesMax, log);
      const breakers = side.configurations.upstreams.all();
      this.#owner.tell('state', {
        inFlight: side.data.inFlight,
        breakers: breakers.map(({ deployment, breaker }) => [deployment.id, breaker.state]),
        metrics: telemetry.metrics.snapshot(),
      });
    };
    tellLog();
    tellState();
    this.#stops = [every(LOG_EVERY_MS, tellLog), every(STATE_EVERY_MS, tellState), tellState];
  }

  /** Where Node takes no such bound from its environment, as in the single binary, this one holds. */
  #checkHeap(bytesMax: number, log: Log): void {
    if (process.memoryUsage().heapUsed <= bytesMax) return;
    log.write('error', 'worker-heap-full');
    this.#ports.exit();
  }

  async #apply(text: SourceText): Promise<ReloadResult> {
    assert(this.#side !== null, 'a worker is started before it is told of anything else');
    const source = await sourceOf(text);
    if (!source.ok) return { applied: false, problems: [source.error] };
    return await this.#side.configurations.apply(source.value);
  }

  /** Resolves when the last record is on the disk and nothing is left to tell. */
  async #stop(limitMs: number, delayMs: number): Promise<void> {
    const [side, world] = [this.#side, this.#world];
    if (side === null || world === null) return;
    await side.drain(limitMs, delayMs);
    await side.close();
    await world.audit.append({ kind: 'system', action: 'stop' }).catch(() => {});
    for (const stop of this.#stops.splice(0)) stop();
    await this.#lending?.close();
    await world.close();
    const { lastSeq } = world.audit.status();
    this.#owner.tell('log', { syncedSeq: lastSeq, lastSeq });
    await this.#telemetry?.close();
    // What was told goes out before the answer that lets the owner end this process.
    await new Promise<void>((resolve) => {
      systemTimers.after(0, resolve);
    });
  }
}

/** Connections and calls are of the whole gateway; each worker takes its part of them. */
function shareOf(config: Config, { workers, port }: StartOrder): Config {
  const { server } = config;
  const { host } = server.listen;
  return {
    ...config,
    server: {
      ...server,
      listen: new ListenAddress(host, port),
      connectionsMax: Math.ceil(server.connectionsMax / workers),
      inFlightMax: Math.ceil(server.inFlightMax / workers),
    },
  };
}

const namedLog = (log: Log, worker: string): Log => ({
  write: (level, event, fields) => log.write(level, event, { ...fields, worker }),
});
