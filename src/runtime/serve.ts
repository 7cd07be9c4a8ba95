/** Starts a gateway, reloads it, and stops it without cutting anyone short. */
import type { Config } from '#config/config.ts';
import { callClasses } from '#domain/call-class.ts';
import { Fault } from '#domain/fault.ts';
import type { AlertHub } from '#gateway/alerts/alert-hub.ts';
import type { Gateway } from '#gateway/ports.ts';
import { clientAddressOf } from '#server/client-address.ts';
import { dataExchange } from '#server/data-plane.ts';
import type { Health as HealthAnswers } from '#server/health.ts';
import { InnerCalls } from '#server/inner-calls.ts';
import { type Exchange, Listener } from '#server/listener.ts';
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
import { Directory } from './directory.ts';
import { endOver } from './end-over.ts';
import { gatewayState } from './gateway-state.ts';
import { hostsOf, startListener, tlsOf, urlOf } from './listen.ts';
import { Overload } from './overload.ts';
import { instanceId } from './instance-id.ts';
import { systemPressure } from './pressure.ts';
import { retried } from './retried.ts';
import type { ReloadResult, Source } from './source.ts';
import { firstMade } from './stored-settings.ts';
import { keepStore } from './store-snapshot/keep-store.ts';
import { Telemetry } from './telemetry.ts';
import { watchRuns } from './watch-runs.ts';
import { watchTls } from './tls-watch.ts';
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
  #data: Listener;
  readonly #exchange: Exchange;
  readonly #innerCalls: InnerCalls;
  #clientAddress: ReturnType<typeof clientAddressOf>;

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
    this.#clientAddress = clientAddressOf(config.server.trustedProxies);
    this.#overload = this.#openOverload(config);
    this.#configurations = new Configurations(made, {
      world,
      directory: this.#directory,
      meter: this.#openMeter(),
      telemetry,
      alertRules: this.#alertRules,
      alerts: this.#alerts,
      alertMeter,
      overload: this.#overload,
      onApplied: ({ config: { server } }) => {
        this.#clientAddress = clientAddressOf(server.trustedProxies);
        world.store.renew();
      },
    });
    this.#exchange = this.#dataExchange();
    this.#innerCalls = new InnerCalls(this.#exchange, () => this.#hosts()[0] ?? 'localhost');
    this.#data = this.#dataListener(config.server.listen.port);
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

  /** A start that failed leaves no pool and no thread behind. */
  async abandon(): Promise<void> {
    this.#overload.stop();
    await this.#configurations.close();
  }

  async start(): Promise<Running> {
    const { storage, audit, outbox, running, auditRoom } = this.#world;
    await this.#readStore();
    await this.#configurations.ready();
    const onStale = (): void => this.#options.log.write('error', 'directory-stale');
    const refreshing = retried(() => this.#refresh(), onStale);
    const stopWatching = storage.onChange(() => {
      outbox.kick();
      refreshing.run();
    });
    keepStore(this.#world, () => this.#source.config.tenants);
    // What another process changed while this one began was told to nobody.
    refreshing.run();
    this.#overload.start();
    const data = await this.#startData();
    const admin = await this.#openAdmin(data);
    const stopWatches = this.#watch();
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
        stopWatches();
        this.#overload.stop();
        const { drainDelay, drainLimit } = this.#source.config.server;
        await this.#data.drain(drainLimit.ms, drainDelay.ms);
        running.endWhere(() => true, new Fault('shutting-down', 'the gateway stops'));
        await admin.stop();
        stopWatching();
        refreshing.stop();
        await this.#configurations.close();
        // After the last call, so that its alerts are among them; before the log is closed.
        await this.#alerts.drain(ALERT_DRAIN_MS);
        await audit.append({ kind: 'system', action: 'stop' }).catch(() => {});
        await this.#world.close();
      },
    };
  }

  #openAdmin(dataUrl: string): Promise<RunningAdmin> {
    return openAdmin({
      world: this.#world,
      source: () => this.#source,
      searchesPorts: this.#options.searchesPorts,
      health: this.#health(),
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
      dataCall: (call) => this.#innerCalls.post(call),
    });
  }

  /** What is looked at again and again while it runs. */
  #watch(): () => void {
    const { server } = this.#source.config;
    const stopTls = watchTls(server.tls, 'server', () => this.#data, this.#options.log);
    const stopRuns = watchRuns(this.#world);
    return () => {
      this.#alertRules.stop();
      stopTls();
      stopRuns();
    };
  }

  #health(): HealthAnswers {
    return healthAnswers({
      data: () => this.#data,
      overload: this.#overload,
      world: this.#world,
      metrics: this.#telemetry.metrics,
      config: () => this.#source.config,
    });
  }

  #dataListener(port: number): Listener {
    const { server } = this.#options.source.config;
    return new Listener(
      {
        host: server.listen.host,
        port,
        tls: tlsOf(server.tls, 'server'),
        connectionsMax: server.connectionsMax,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 60_000,
        keepAliveTimeoutMs: 75_000,
      },
      this.#exchange,
    );
  }

  #hosts(): readonly string[] {
    return hostsOf(this.#source.config.server.hosts, this.#options.source.config.server.listen);
  }

  #dataExchange(): Exchange {
    const { server } = this.#options.source.config;
    return dataExchange({
      enter: () => this.#configurations.enter(),
      listener: () => this.#data,
      rules: () => ({ hosts: this.#hosts() }),
      clientAddress: () => this.#clientAddress,
      bodyBytesMax: () => this.#source.config.server.bodyBytesMax,
      inFlightMax: server.inFlightMax,
      overload: this.#overload,
      bodyDeadlineMs: 60_000,
      bodyBytesPerSecondMin: () => this.#source.config.server.bodyBytesPerSecondMin,
      health: this.#health(),
    });
  }

  async #startData(): Promise<string> {
    const { server } = this.#options.source.config;
    const { host, port } = await startListener(
      server.listen.port,
      this.#options.searchesPorts,
      (at) => {
        this.#data = this.#dataListener(at);
        return this.#data;
      },
    );
    return urlOf(host, port, server.tls !== null);
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
