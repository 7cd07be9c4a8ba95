/** Starts a gateway, reloads it, and stops it without cutting anyone short. */
import type { Config } from '#config/config.ts';
import type { AlertHub } from '#gateway/alerts/alert-hub.ts';
import type { Gateway } from '#gateway/ports.ts';
import { systemClock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { alertMetrics } from '#telemetry/alert-metrics.ts';
import type { Log } from '#telemetry/log.ts';
import { workerMetrics } from '#telemetry/worker-metrics.ts';

import { openAdmin, type RunningAdmin } from './admin.ts';
import { AlertRules } from './alert-rules.ts';
import { ALERT_DRAIN_MS, openAlertHub, testAlertTarget } from './alerts.ts';
import type { Made } from './configurations.ts';
import { DataSide } from './data-side.ts';
import { instanceId } from './instance-id.ts';
import type { Overload } from './overload.ts';
import { ownReceivers } from './receivers.ts';
import type { ReloadResult, Source } from './source.ts';
import { firstMade } from './stored-settings.ts';
import { Telemetry } from './telemetry.ts';
import { watchWorld } from './watch-world.ts';
import { workerCount } from './workers/count.ts';
import type { WorkerProcess } from './workers/member.ts';
import { Owner } from './workers/owner.ts';
import { WorkerLogs, writerOf } from './workers/seat.ts';
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
  /** Begins a process of this gateway; absent: whoever runs this can have no more than one. */
  readonly fork?: (config: Config) => Promise<(worker: number) => WorkerProcess>;
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
  const { config } = source;
  const clock = systemClock;
  const telemetry = new Telemetry({ log: options.log, clock, version, tellsMetrics: true });
  const { log } = telemetry;
  const count = countOf(options);
  const writers = count === 1 ? [] : Array.from({ length: count }, (_, at) => writerOf(at + 1));
  const workerLogs = new WorkerLogs(writers);
  const world = await openWorld({ config, env, log, seat: null, workerLogs });
  let gateway: RunningGateway | null = null;
  try {
    telemetry.instance = instanceId(world.dataDir);
    const made = await firstMade(source, world.storage);
    const fork = count === 1 ? null : await options.fork?.(made.source.config);
    const lasting = { world, telemetry, workerLogs, count, fork: fork ?? null };
    gateway = new RunningGateway({ ...options, log }, made, lasting);
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

function countOf({ source, fork }: ServeOptions): number {
  const count = workerCount(source.config.server.workers);
  if (count === 1 || fork !== undefined) return count;
  throw new ConfigProblem(['server', 'workers'], 'started in this way there is one process: set 1');
}

/** What outlives configurations. */
interface Lasting {
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly workerLogs: WorkerLogs;
  readonly count: number;
  /** Null: this process takes the calls itself. */
  readonly fork: ((worker: number) => WorkerProcess) | null;
}

class RunningGateway {
  readonly #options: ServeOptions;
  readonly #lasting: Lasting;
  readonly #world: World;
  readonly #alerts: AlertHub;
  readonly #alertRules: AlertRules;
  readonly #side: DataSide;
  /** Null: this process takes the calls itself. */
  readonly #owner: Owner | null;
  #admin: RunningAdmin | null = null;

  constructor(options: ServeOptions, made: Made, lasting: Lasting) {
    this.#options = options;
    this.#lasting = lasting;
    const { world, telemetry } = lasting;
    this.#world = world;
    const { metrics } = telemetry;
    const alertMeter = alertMetrics(metrics, () =>
      this.#alerts.queued().map(([target, count]) => [{ target }, count]),
    );
    const alerts = openAlertHub(world, alertMeter);
    this.#alerts = alerts;
    watchWorld(world, metrics, alerts);
    workerMetrics(metrics, () => this.#owner?.status() ?? []);
    const alertRules = new AlertRules(world, metrics, alerts);
    this.#alertRules = alertRules;
    this.#side = new DataSide(made, {
      world,
      telemetry,
      alerts,
      receivers: ownReceivers({ world, alerts, alertMeter, alertRules }),
      searchesPorts: options.searchesPorts,
      log: options.log,
      unready: () => this.#owner?.unready() ?? null,
    });
    this.#owner = this.#openOwner();
  }

  /** A start that failed leaves nobody in, and no pool, no thread and no process behind. */
  async abandon(): Promise<void> {
    await this.#end(0, 0);
    await this.#side.close();
  }

  async start(): Promise<Running> {
    const { audit, auditRoom } = this.#world;
    await this.#side.begin();
    const data = await (this.#owner?.start() ?? this.#listen());
    this.#admin = await this.#openAdmin(data);
    const { url, token } = this.#admin;
    const policyVersion = this.#side.source.hash;
    await audit.append({ kind: 'system', action: 'start', policyVersion });
    auditRoom.start();
    return {
      dataUrl: data,
      adminUrl: url,
      adminToken: token,
      world: this.#world,
      current: () => this.#side.configurations.gateway,
      overload: this.#side.overload,
      apply: (source) => this.#apply(source),
      refuse: (problems) => this.#side.configurations.refuse(problems),
      stop: () => this.#stop(),
    };
  }

  async #stop(): Promise<void> {
    const { drainDelay, drainLimit } = this.#side.source.config.server;
    await this.#end(drainLimit.ms, drainDelay.ms);
    await this.#side.close();
    // After the last call, so that its alerts are among them; before the log is closed.
    await this.#alerts.drain(ALERT_DRAIN_MS);
    await this.#world.audit.append({ kind: 'system', action: 'stop' }).catch(() => {});
    await this.#world.close();
  }

  /** Nobody comes in any more, and who is in has so long; then what was begun ends. */
  async #end(drainMs: number, delayMs: number): Promise<void> {
    this.#alertRules.stop();
    await this.#owner?.stop(drainMs, delayMs);
    await this.#side.drain(drainMs, delayMs);
    await this.#admin?.stop();
  }

  async #listen(): Promise<string> {
    return (await this.#side.data.start()).url;
  }

  #openOwner(): Owner | null {
    const { searchesPorts, version, log } = this.#options;
    const { fork } = this.#lasting;
    if (fork === null) return null;
    return new Owner({
      ...this.#lasting,
      fork,
      side: this.#side,
      raise: (alert) => this.#alerts.raise(alert),
      // What the store adds to it, each process reads there.
      source: () => this.#side.configurations.file,
      searchesPorts,
      version,
      log,
    });
  }

  #openAdmin(dataUrl: string): Promise<RunningAdmin> {
    const { configurations, directory, data, health } = this.#side;
    return openAdmin({
      world: this.#world,
      source: () => this.#side.source,
      searchesPorts: this.#options.searchesPorts,
      health,
      settings: configurations,
      reload: () => this.#reload(),
      policies: (tenant) => directory.policy(tenant),
      keyHolder: async (id) => (await directory.find(id))?.principal ?? null,
      testAlert: (name) => testAlertTarget(this.#alerts, name),
      alertRules: () => this.#alertRules.list(),
      sinks: this.#world.sinks,
      version: this.#options.version,
      lastReload: () => configurations.lastReload,
      inFlight: () => data.inFlight,
      upstreams: () => configurations.upstreams,
      owner: this.#owner,
      dataUrl,
      dataCall: (call) => data.innerCalls.post(call),
    });
  }

  async #apply(source: Source): Promise<ReloadResult> {
    const result = await this.#side.configurations.apply(source);
    // Only what is right here is given to them: it is the same program.
    if (result.applied) await this.#owner?.apply();
    return result;
  }

  async #reload(): Promise<ReloadResult> {
    const { source, problems } = await this.#options.reread();
    if (source === null) return await this.#side.configurations.refuse(problems);
    return await this.#apply(source);
  }
}
