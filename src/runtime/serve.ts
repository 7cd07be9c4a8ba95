/** Starts a gateway, reloads it, and stops it without cutting anyone short. */
import type { Config } from '#config/config.ts';
import { callClasses } from '#domain/call-class.ts';
import { Fault } from '#domain/fault.ts';
import type { AlertHub } from '#gateway/alerts/alert-hub.ts';
import type { Gateway } from '#gateway/ports.ts';
import type { Health as HealthAnswers } from '#server/health.ts';
import { systemClock } from '#stdx/clock.ts';
import { alertMetrics } from '#telemetry/alert-metrics.ts';
import { gatewayMetrics } from '#telemetry/gateway-metrics.ts';
import type { Log } from '#telemetry/log.ts';
import { overloadMetrics } from '#telemetry/overload-metrics.ts';

import { openAdmin, type RunningAdmin } from './admin.ts';
import { healthAnswers } from './health-answers.ts';
import { AlertRules } from './alert-rules.ts';
import { ALERT_DRAIN_MS, openAlertHub, testAlertTarget } from './alerts.ts';
import { Configurations, type Made } from './configurations.ts';
import { DataPlane } from './data-plane.ts';
import { Directory } from './directory.ts';
import { endOver } from './end-over.ts';
import { gatewayState } from './gateway-state.ts';
import { Overload } from './overload.ts';
import { instanceId } from './instance-id.ts';
import { systemPressure } from './pressure.ts';
import { ownReceivers } from './receivers.ts';
import { retried } from './retried.ts';
import type { ReloadResult, Source } from './source.ts';
import { firstMade } from './stored-settings.ts';
import { keepStore } from './store-snapshot/keep-store.ts';
import { Telemetry } from './telemetry.ts';
import { watchRuns } from './watch-runs.ts';
import { watchWorld } from './watch-world.ts';
import { openWorld, type World } from './world.ts';

export interface ServeOptions {
  readonly source: Source;
  readonly log: Log;
  /** Take the next free port when one is taken: for trying out, never for service. */
  readonly searchesPorts: boolean;
  /** Reads the source again, for a reload that somebody asks for. */
  readonly reread: () => Promise<ReloadResult & { readonly source: Source | null }>;
  readonly version: string;
  /** Where a root key may be; nothing else is read from it here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Running {
  readonly dataUrl: string;
  readonly adminUrl: string;
  readonly adminToken: string | null;
  readonly world: World;
  /** The gateway in force, for benchmarks and tests that drive it without a socket. */
  readonly current: () => Gateway;
  /** For tests that say what was measured. */
  readonly overload: Overload;
  readonly apply: (source: Source) => Promise<ReloadResult>;
  /** A candidate that is wrong: recorded and counted, and the last good one stays. */
  readonly refuse: (problems: readonly string[]) => Promise<ReloadResult>;
  readonly stop: () => Promise<void>;
}

export async function serve(options: ServeOptions): Promise<Running> {
  const { source, version, env = {} } = options;
  const telemetry = new Telemetry({ log: options.log, clock: systemClock, version });
  const { log } = telemetry;
  const world = await openWorld({ config: source.config, env, log });
  let gateway: RunningGateway | null = null;
  try {
    telemetry.instance = instanceId(world.dataDir);
    const made = await firstMade(source, world.storage);
    gateway = new RunningGateway({ ...options, log }, made, { world, telemetry });
    const running = await gateway.start();
    const stop = async (): Promise<void> => {
      await running.stop();
      // Last, so that what stopping said is among it.
      await telemetry.close();
    };
    return { ...running, stop };
  } catch (thrown) {
    await gateway?.abandon();
    await world.close();
    await telemetry.close();
    throw thrown;
  }
}

/** What outlives configurations. */
interface Lasting {
  readonly world: World;
  readonly telemetry: Telemetry;
}

class RunningGateway {
  readonly #options: ServeOptions;
  readonly #world: World;
  readonly #directory: Directory;
  readonly #telemetry: Telemetry;
  readonly #alerts: AlertHub;
  readonly #alertRules: AlertRules;
  readonly #overload: Overload;
  readonly #configurations: Configurations;
  readonly #health: HealthAnswers;
  readonly #data: DataPlane;
  /** What was begun and has to end with it, the last first. */
  readonly #endings: (() => Promise<void> | void)[] = [];

  constructor(options: ServeOptions, made: Made, { world, telemetry }: Lasting) {
    this.#options = options;
    this.#world = world;
    this.#telemetry = telemetry;
    const { metrics } = telemetry;
    const { config } = made.source;
    this.#directory = new Directory(world.storage, world.peppers, config);
    const alertMeter = alertMetrics(metrics, () =>
      this.#alerts.queued().map(([target, count]) => [{ target }, count]),
    );
    this.#alerts = openAlertHub(world, alertMeter);
    watchWorld(world, metrics, this.#alerts);
    this.#alertRules = new AlertRules(world, metrics, this.#alerts);
    this.#overload = this.#openOverload(config);
    this.#configurations = new Configurations(made, {
      world,
      directory: this.#directory,
      meter: this.#openMeter(),
      telemetry,
      alerts: this.#alerts,
      receivers: ownReceivers({
        world,
        alerts: this.#alerts,
        alertMeter,
        alertRules: this.#alertRules,
      }),
      overload: this.#overload,
      onApplied: ({ config: applied }) => {
        this.#data.use(applied);
        world.store.renew();
      },
    });
    this.#health = healthAnswers({
      data: () => this.#data,
      overload: this.#overload,
      world,
      metrics,
      config: () => this.#source.config,
    });
    this.#data = new DataPlane({
      first: options.source.config,
      config: () => this.#source.config,
      searchesPorts: options.searchesPorts,
      enter: () => this.#configurations.enter(),
      overload: this.#overload,
      health: this.#health,
      log: options.log,
    });
  }

  get #source(): Source {
    return this.#configurations.source;
  }

  #openMeter(): ReturnType<typeof gatewayMetrics> {
    return gatewayMetrics(
      this.#telemetry.metrics,
      gatewayState(this.#world, {
        inFlight: () => this.#data.inFlight,
        upstreams: () => this.#configurations.upstreams.all(),
        config: () => this.#source.config,
      }),
    );
  }

  #openOverload(config: Config): Overload {
    const { clock, log, running } = this.#world;
    const meter = overloadMetrics(this.#telemetry.metrics, callClasses);
    const overload = new Overload(config, { clock, log, running, meter, probe: systemPressure() });
    overload.watch(() => this.#configurations.upstreams.all());
    return overload;
  }

  /** A start that failed leaves nobody in, and no pool and no thread behind. */
  async abandon(): Promise<void> {
    await this.#end(0, 0);
    await this.#configurations.close();
  }

  async start(): Promise<Running> {
    const { storage, audit, outbox, auditRoom } = this.#world;
    await this.#readStore();
    await this.#configurations.ready();
    const onStale = (): void => this.#options.log.write('error', 'directory-stale');
    const refreshing = retried(() => this.#refresh(), onStale);
    const stopWatching = storage.onChange(() => {
      outbox.kick();
      refreshing.run();
    });
    this.#endings.push(() => refreshing.stop(), stopWatching);
    keepStore(this.#world, () => this.#source.config.tenants);
    // What another process changed while this one began was told to nobody.
    refreshing.run();
    this.#overload.start();
    const data = await this.#data.start();
    const admin = await this.#openAdmin(data);
    this.#endings.push(() => admin.stop());
    const stopRuns = watchRuns(this.#world);
    await audit.append({ kind: 'system', action: 'start', policyVersion: this.#source.hash });
    auditRoom.start();
    return {
      dataUrl: data,
      adminUrl: admin.url,
      adminToken: admin.token,
      world: this.#world,
      current: () => this.#configurations.gateway,
      overload: this.#overload,
      apply: (source) => this.#configurations.apply(source),
      refuse: (problems) => this.#configurations.refuse(problems),
      stop: async () => {
        stopRuns();
        const { drainDelay, drainLimit } = this.#source.config.server;
        await this.#end(drainLimit.ms, drainDelay.ms);
        await this.#configurations.close();
        // After the last call, so that its alerts are among them; before the log is closed.
        await this.#alerts.drain(ALERT_DRAIN_MS);
        await audit.append({ kind: 'system', action: 'stop' }).catch(() => {});
        await this.#world.close();
      },
    };
  }

  /** Nobody comes in any more, and who is in has so long; then what was begun ends. */
  async #end(drainMs: number, delayMs: number): Promise<void> {
    this.#alertRules.stop();
    this.#overload.stop();
    await this.#data.drain(drainMs, delayMs);
    this.#world.running.endWhere(() => true, new Fault('shutting-down', 'the gateway stops'));
    for (const end of this.#endings.splice(0).toReversed()) await end();
  }

  #openAdmin(dataUrl: string): Promise<RunningAdmin> {
    return openAdmin({
      world: this.#world,
      source: () => this.#source,
      searchesPorts: this.#options.searchesPorts,
      health: this.#health,
      settings: this.#configurations,
      reload: () => this.#reload(),
      policies: (tenant) => this.#directory.policy(tenant),
      keyHolder: async (id) => (await this.#directory.find(id))?.principal ?? null,
      testAlert: (name) => testAlertTarget(this.#alerts, name),
      alertRules: () => this.#alertRules.list(),
      sinks: this.#world.sinks,
      version: this.#options.version,
      lastReload: () => this.#configurations.lastReload,
      inFlight: () => this.#data.inFlight,
      upstreams: () => this.#configurations.upstreams,
      dataUrl,
      dataCall: (call) => this.#data.innerCalls.post(call),
    });
  }

  async #readStore(): Promise<void> {
    await this.#directory.refresh();
    await this.#world.tenantSecrets.refresh();
  }

  async #refresh(): Promise<void> {
    await this.#readStore();
    await endOver(this.#world.running, this.#directory);
    await this.#configurations.sync();
  }

  async #reload(): Promise<ReloadResult> {
    const { source, problems } = await this.#options.reread();
    if (source === null) return await this.#configurations.refuse(problems);
    return await this.#configurations.apply(source);
  }
}
