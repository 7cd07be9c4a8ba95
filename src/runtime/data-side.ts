/** Everything that calls need, of one process: who may, what is in force, and the listener they come by. */
import type { Config } from '#config/config.ts';
import { callClasses } from '#domain/call-class.ts';
import { Fault } from '#domain/fault.ts';
import type { AlertPort } from '#gateway/alerts/alert.ts';
import type { Health as HealthAnswers } from '#server/health.ts';
import { gatewayMetrics } from '#telemetry/gateway-metrics.ts';
import type { Log } from '#telemetry/log.ts';
import { overloadMetrics } from '#telemetry/overload-metrics.ts';

import { Configurations, type Made } from './configurations.ts';
import { DataPlane } from './data-plane.ts';
import { Directory } from './directory.ts';
import { endOver } from './end-over.ts';
import { gatewayState } from './gateway-state.ts';
import { healthAnswers } from './health-answers.ts';
import { Overload } from './overload.ts';
import { systemPressure } from './pressure.ts';
import type { Receivers } from './receivers.ts';
import { retried } from './retried.ts';
import type { Source } from './source.ts';
import { keepStore } from './store-snapshot/keep-store.ts';
import type { Telemetry } from './telemetry.ts';
import { watchRuns } from './watch-runs.ts';
import type { World } from './world.ts';

export interface DataSideParts {
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly alerts: AlertPort;
  readonly receivers: Receivers;
  readonly searchesPorts: boolean;
  readonly log: Log;
  /** What its listener is opened with, where that is not all of what the file says. */
  readonly first?: Config;
  /** Why calls are not taken for a reason that is outside of it; null: there is none. */
  readonly unready?: () => string | null;
}

export class DataSide {
  readonly directory: Directory;
  readonly overload: Overload;
  readonly configurations: Configurations;
  readonly health: HealthAnswers;
  readonly data: DataPlane;
  readonly #parts: DataSideParts;
  /** What was begun and has to end with it, the last first. */
  readonly #endings: (() => Promise<void> | void)[] = [];
  #refreshing: ReturnType<typeof retried> | null = null;

  constructor(made: Made, parts: DataSideParts) {
    this.#parts = parts;
    const { world, telemetry, alerts, receivers, unready, searchesPorts, log } = parts;
    const { config } = made.source;
    const { first = config } = parts;
    this.directory = new Directory(world.storage, world.peppers, config);
    this.overload = this.#openOverload(config);
    this.configurations = new Configurations(made, {
      world,
      directory: this.directory,
      meter: this.#openMeter(),
      telemetry,
      alerts,
      receivers,
      overload: this.overload,
      onApplied: ({ config: applied }) => {
        this.data.use(applied);
        world.store.renew();
      },
    });
    this.health = healthAnswers({
      data: () => this.data,
      overload: this.overload,
      world,
      metrics: telemetry.metrics,
      config: () => this.source.config,
      unready: unready ?? (() => null),
    });
    this.data = new DataPlane({
      first,
      config: () => this.source.config,
      searchesPorts,
      enter: () => this.configurations.enter(),
      overload: this.overload,
      health: this.health,
      log,
    });
  }

  get source(): Source {
    return this.configurations.source;
  }

  /** Reads the store and follows it. Nobody comes in yet. */
  async begin(): Promise<void> {
    const { world, log } = this.#parts;
    const { storage, outbox } = world;
    await this.#readStore();
    await this.configurations.ready();
    const refreshing = retried(
      () => this.#refresh(),
      () => log.write('error', 'directory-stale'),
    );
    this.#refreshing = refreshing;
    const stopWatching = storage.onChange(() => {
      outbox.kick();
      refreshing.run();
    });
    this.#endings.push(() => refreshing.stop(), stopWatching);
    keepStore(world, () => this.source.config.tenants);
    // What another process changed while this one began was told to nobody.
    refreshing.run();
    this.overload.start();
    this.#endings.push(watchRuns(world));
  }

  /** The store was changed, by whomever. What is read of it is in force a moment later. */
  changed(): void {
    this.#refreshing?.run();
  }

  /** Nobody comes in any more, and who is in has so long. */
  async drain(limitMs: number, delayMs: number): Promise<void> {
    this.overload.stop();
    await this.data.drain(limitMs, delayMs);
    this.#parts.world.running.endWhere(() => true, new Fault('shutting-down', 'the gateway stops'));
    for (const end of this.#endings.splice(0).toReversed()) await end();
  }

  /** After the last call: no pool and no thread stays. */
  close(): Promise<void> {
    return this.configurations.close();
  }

  async #refresh(): Promise<void> {
    await this.#readStore();
    await endOver(this.#parts.world.running, this.directory);
    await this.configurations.sync();
  }

  async #readStore(): Promise<void> {
    await this.directory.refresh();
    await this.#parts.world.tenantSecrets.refresh();
  }

  #openMeter(): ReturnType<typeof gatewayMetrics> {
    const { telemetry, world } = this.#parts;
    return gatewayMetrics(
      telemetry.metrics,
      gatewayState(world, {
        inFlight: () => this.data.inFlight,
        upstreams: () => this.configurations.upstreams.all(),
        config: () => this.source.config,
      }),
    );
  }

  #openOverload(config: Config): Overload {
    const { clock, log, running } = this.#parts.world;
    const meter = overloadMetrics(this.#parts.telemetry.metrics, callClasses);
    const overload = new Overload(config, { clock, log, running, meter, probe: systemPressure() });
    overload.watch(() => this.configurations.upstreams.all());
    return overload;
  }
}
