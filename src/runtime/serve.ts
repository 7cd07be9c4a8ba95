/** Starts a gateway, reloads it, and stops it without cutting anyone short. */
import type { AdminStatus } from '#admin/contract.ts';
import { Fault } from '#domain/fault.ts';
import { alertOfWaiting } from '#gateway/alerts/alert.ts';
import type { AlertHub, AlertWay } from '#gateway/alerts/alert-hub.ts';
import type { Gateway } from '#gateway/ports.ts';
import { clientAddressOf } from '#server/client-address.ts';
import { dataExchange } from '#server/data-plane.ts';
import type { Health as HealthAnswers } from '#server/health.ts';
import { Listener } from '#server/listener.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { type AlertMetrics, alertMetrics } from '#telemetry/alert-metrics.ts';
import { gatewayMetrics } from '#telemetry/gateway-metrics.ts';
import type { Log } from '#telemetry/log.ts';
import { Metrics } from '#telemetry/metrics.ts';

import { openAdmin } from './admin.ts';
import {
  ALERT_DRAIN_MS,
  alertWays,
  openAlertHub,
  testAlertTarget,
  useAlertWays,
} from './alerts.ts';
import { type Blueprint, buildGateway, type BuiltGateway, readyOrClosed } from './build-gateway.ts';
import { changedFixture } from './changed-fixture.ts';
import { Directory } from './directory.ts';
import { endOver } from './end-over.ts';
import { Generations } from './generations.ts';
import { hostsOf, startListener, tlsOf, urlOf } from './listen.ts';
import type { ReloadResult, Source } from './source.ts';
import { openWorld, type World } from './world.ts';

export interface ServeOptions {
  readonly source: Source;
  readonly log: Log;
  /** Take the next free port when one is taken: for trying out, never for service. */
  readonly searchesPorts: boolean;
  /** Reads the source again, for a reload that somebody asks for. */
  readonly reread: () => Promise<ReloadResult & { readonly source: Source | null }>;
  readonly version: string;
}

export interface Running {
  readonly dataUrl: string;
  readonly adminUrl: string;
  readonly adminToken: string | null;
  readonly world: World;
  /** The gateway in force, for benchmarks and tests that drive it without a socket. */
  readonly current: () => Gateway;
  readonly apply: (source: Source) => Promise<ReloadResult>;
  /** A candidate that is wrong: recorded and counted, and the last good one stays. */
  readonly refuse: (problems: readonly string[]) => Promise<ReloadResult>;
  readonly stop: () => Promise<void>;
}

export async function serve(options: ServeOptions): Promise<Running> {
  const world = await openWorld(options.source.config.dataDir, options.log);
  const gateway = new RunningGateway(options, world);
  try {
    return await gateway.start();
  } catch (thrown) {
    await gateway.abandon();
    await world.close();
    throw thrown;
  }
}

class RunningGateway {
  readonly #options: ServeOptions;
  readonly #world: World;
  readonly #directory: Directory;
  readonly #metrics = new Metrics();
  readonly #meter: ReturnType<typeof gatewayMetrics>;
  readonly #alertMeter: AlertMetrics;
  readonly #alerts: AlertHub;
  readonly #generations: Generations;
  #built: BuiltGateway;
  #source: Source;
  #data: Listener;
  #clientAddress: ReturnType<typeof clientAddressOf>;
  #applying: Promise<unknown> = Promise.resolve();
  #lastReload: AdminStatus['lastReload'] = null;

  constructor(options: ServeOptions, world: World) {
    this.#options = options;
    this.#world = world;
    this.#source = options.source;
    const { config } = options.source;
    this.#directory = new Directory(world.storage, world.peppers, config);
    this.#meter = gatewayMetrics(this.#metrics, {
      inFlight: () => this.#data.inFlight,
      openReservations: () => world.limitStore.openCount,
      auditSeq: () => world.audit.status().lastSeq,
      isAuditTaking: () => world.audit.status().state === 'ok',
      breakers: () =>
        this.#built.upstreams
          .all()
          .map(({ deployment, breaker }) => [
            { deployment: deployment.id },
            breaker.state === 'closed' ? 0 : 1,
          ]),
    });
    this.#alertMeter = alertMetrics(this.#metrics, () =>
      this.#alerts.queued().map(([target, count]) => [{ target }, count]),
    );
    this.#alerts = openAlertHub(world, this.#alertMeter);
    world.approvals.onAsked = (waiting) => this.#alerts.raise(alertOfWaiting(waiting));
    this.#built = buildGateway(this.#blueprint(options.source, new Map()), world);
    useAlertWays(this.#alerts, alertWays(config, world.clock), this.#alertMeter);
    const { gateway, close } = this.#built;
    this.#generations = new Generations(gateway, close);
    this.#clientAddress = clientAddressOf(config.server.trustedProxies);
    this.#data = this.#dataListener(config.server.listen.port);
  }

  #blueprint({ config, hash }: Source, health: Blueprint['health']): Blueprint {
    const [directory, meter, alerts] = [this.#directory, this.#meter, this.#alerts];
    return { config, hash, directory, meter, alerts, health };
  }

  /** A start that failed leaves no pool and no thread behind. */
  async abandon(): Promise<void> {
    await this.#generations.close();
  }

  async start(): Promise<Running> {
    const { storage, audit, outbox, running } = this.#world;
    await this.#directory.refresh();
    await readyOrClosed(this.#built);
    const stopWatching = storage.onChange(() => {
      outbox.kick();
      this.#refresh().catch(() => this.#options.log.write('error', 'directory-stale'));
    });
    const data = await this.#startData();
    const admin = await openAdmin({
      world: this.#world,
      source: () => this.#source,
      searchesPorts: this.#options.searchesPorts,
      health: this.#health(),
      reload: () => this.#reload(),
      policies: (tenant) => this.#directory.policy(tenant),
      testAlert: (name) => testAlertTarget(this.#alerts, name),
      version: this.#options.version,
      lastReload: () => this.#lastReload,
      inFlight: () => this.#data.inFlight,
      upstreams: () => this.#built.upstreams,
      dataUrl: data,
    });
    await audit.append({ kind: 'system', action: 'start', policyVersion: this.#source.hash });
    return {
      dataUrl: data,
      adminUrl: admin.url,
      adminToken: admin.token,
      world: this.#world,
      current: () => this.#generations.gateway,
      apply: (source) => this.#apply(source),
      refuse: (problems) => this.#refused(problems),
      stop: async () => {
        await this.#data.drain(this.#source.config.server.drainLimit.ms);
        running.endWhere(() => true, new Fault('shutting-down', 'the gateway stops'));
        await admin.stop();
        stopWatching();
        await this.#generations.close();
        // After the last call, so that its alerts are among them; before the log is closed.
        await this.#alerts.drain(ALERT_DRAIN_MS);
        await audit.append({ kind: 'system', action: 'stop' }).catch(() => {});
        await this.#world.close();
      },
    };
  }

  #health(): HealthAnswers {
    return {
      unready: () => {
        if (this.#data.isDraining) return 'draining';
        return this.#world.audit.status().state === 'ok' ? null : 'audit degraded';
      },
      metrics: () => (this.#source.config.telemetry.prometheus ? this.#metrics.text() : ''),
    };
  }

  #dataListener(port: number): Listener {
    const { config } = this.#options.source;
    const { server } = config;
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
      dataExchange({
        enter: () => this.#generations.enter(),
        listener: () => this.#data,
        rules: () => ({ hosts: hostsOf(this.#source.config.server.hosts, server.listen) }),
        clientAddress: () => this.#clientAddress,
        bodyBytesMax: () => this.#source.config.server.bodyBytesMax,
        inFlightMax: server.inFlightMax,
        bodyDeadlineMs: 60_000,
        bodyBytesPerSecondMin: () => this.#source.config.server.bodyBytesPerSecondMin,
        health: this.#health(),
      }),
    );
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

  async #refresh(): Promise<void> {
    await this.#directory.refresh();
    await endOver(this.#world.running, this.#directory);
  }

  async #reload(): Promise<ReloadResult> {
    const { source, problems } = await this.#options.reread();
    if (source === null) return this.#refused(problems);
    return await this.#apply(source);
  }

  /** One after another: a slow one that ends late must not undo the one that came after it. */
  #apply(source: Source): Promise<ReloadResult> {
    const applying = this.#applying.then(() => this.#applyNow(source));
    this.#applying = applying.catch(() => {});
    return applying;
  }

  /** Whole or not at all: everything is built before anything is swapped. */
  async #applyNow(source: Source): Promise<ReloadResult> {
    const fixed = changedFixture(this.#source, source);
    if (fixed !== null)
      return this.#refused([`${fixed} changed; it is read at start only: restart to apply`]);
    let built: BuiltGateway;
    let ways: AlertWay[];
    try {
      ways = alertWays(source.config, this.#world.clock);
      built = buildGateway(this.#blueprint(source, this.#built.upstreams.health), this.#world);
      await readyOrClosed(built);
    } catch (thrown) {
      if (thrown instanceof ConfigProblem)
        return this.#refused([`${thrown.path.join('.')}: ${thrown.message}`]);
      throw thrown;
    }
    await this.#directory.refresh(source.config.tenants);
    await endOver(this.#world.running, this.#directory);
    this.#source = source;
    this.#built = built;
    this.#clientAddress = clientAddressOf(source.config.server.trustedProxies);
    this.#generations.swap(built.gateway, built.close);
    useAlertWays(this.#alerts, ways, this.#alertMeter);
    await this.#world.audit.append({
      kind: 'admin',
      action: 'config.reload',
      decision: 'allow',
      policyVersion: source.hash,
    });
    this.#meter.reloaded('applied');
    this.#lastReload = this.#reloadedNow(true);
    this.#options.log.write('info', 'config-applied', { version: source.hash });
    return { applied: true, problems: [] };
  }

  #reloadedNow(isApplied: boolean): AdminStatus['lastReload'] {
    return { at: new Date(this.#world.clock.nowMs()).toISOString(), isApplied };
  }

  async #refused(problems: readonly string[]): Promise<ReloadResult> {
    await this.#world.audit.append({
      kind: 'admin',
      action: 'config.reload',
      decision: 'deny',
      reason: 'invalid',
      policyVersion: this.#source.hash,
    });
    this.#meter.reloaded('refused');
    this.#lastReload = this.#reloadedNow(false);
    for (const reason of problems) this.#options.log.write('error', 'config-refused', { reason });
    return { applied: false, problems };
  }
}
