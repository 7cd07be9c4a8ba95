/**
 * The configuration in force: what the file says and what the store adds, checked together. A change
 * of either is a whole new gateway, built before anything is swapped; what is wrong with it changes
 * nothing. Changes are made one after another: a slow one that ends late must not undo the next.
 */
import type { AdminStatus } from '#admin/status-contract.ts';
import type { NextSettings, Refused, SettingsPort } from '#admin/settings-port.ts';
import { type Difference, diffConfigs } from '#config/diff.ts';
import {
  declaredSettings,
  type Setting,
  type SettingProblem,
  type SettingSection,
  withSettings,
} from '#config/settings.ts';
import type { Gateway } from '#gateway/ports.ts';
import type { Health } from '#gateway/upstreams.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { err, ok, type Result } from '#stdx/result.ts';
import type { gatewayMetrics } from '#telemetry/gateway-metrics.ts';

import { type Blueprint, buildGateway, type BuiltGateway, readyOrClosed } from './build-gateway.ts';
import { changedFixture } from './changed-fixture.ts';
import type { Directory } from './directory.ts';
import { endOver } from './end-over.ts';
import { Generations } from './generations.ts';
import type { Overload } from './overload.ts';
import type { Receivers } from './receivers.ts';
import { reloadDiff } from './reload-diff.ts';
import type { ReloadResult, Source } from './source.ts';
import { fileOf, mergedSource, sameSettings, storedSettings } from './stored-settings.ts';
import type { Telemetry } from './telemetry.ts';
import type { World } from './world.ts';

export interface ConfigurationParts {
  readonly world: World;
  readonly directory: Directory;
  readonly meter: ReturnType<typeof gatewayMetrics>;
  readonly telemetry: Telemetry;
  readonly alerts: Blueprint['alerts'];
  readonly receivers: Receivers;
  readonly overload: Overload;
  readonly onApplied: (source: Source) => void;
}

/** What is in force, and what it was made of. */
export interface Made {
  readonly file: Source;
  readonly settings: readonly Setting[];
  readonly source: Source;
}

interface Candidate {
  readonly source: Source;
  readonly built: BuiltGateway;
  /** Puts its receivers in force. */
  readonly receive: () => void;
}

export class Configurations implements SettingsPort {
  readonly #parts: ConfigurationParts;
  readonly #generations: Generations;
  #made: Made;
  #built: BuiltGateway;
  #changing: Promise<unknown> = Promise.resolve();
  lastReload: AdminStatus['lastReload'] = null;

  constructor(made: Made, parts: ConfigurationParts) {
    this.#parts = parts;
    this.#made = made;
    this.#built = this.#build(made.source, new Map());
    parts.telemetry.use(made.source.config);
    parts.receivers.plan(made.source.config)();
    this.#generations = new Generations(this.#built.gateway, this.#built.close);
  }

  get source(): Source {
    return this.#made.source;
  }

  /** The file's own part. */
  get file(): Source {
    return this.#made.file;
  }

  get upstreams(): BuiltGateway['upstreams'] {
    return this.#built.upstreams;
  }

  get gateway(): Gateway {
    return this.#generations.gateway;
  }

  enter(): ReturnType<Generations['enter']> {
    return this.#generations.enter();
  }

  ready(): Promise<void> {
    return readyOrClosed(this.#built);
  }

  close(): Promise<void> {
    return this.#generations.close();
  }

  /** A file that was read. What the store adds is added to it, or it is refused with both. */
  apply(file: Source): Promise<ReloadResult> {
    return this.#alone(async () => {
      const settings = await storedSettings(this.#parts.world.storage);
      const merged = await mergedSource(file, settings);
      if (!merged.ok) return await this.#refuse(merged.problems.map(lineOf));
      return await this.#applyNow({ file, settings, source: merged.source });
    });
  }

  refuse(problems: readonly string[]): Promise<ReloadResult> {
    return this.#alone(() => this.#refuse(problems));
  }

  declared(section: SettingSection): readonly Setting[] {
    return declaredSettings(this.#made.file, section);
  }

  /** What would be different, and what is wrong with it. Nothing is changed. */
  async diff(next: NextSettings): Promise<Result<Difference[], Refused>> {
    const { file, settings, source } = this.#made;
    const merged = await withSettings(fileOf(file), next(settings));
    if (!merged.ok) return err({ problems: merged.problems });
    return ok(diffConfigs(source, merged));
  }

  /**
   * `commit` writes the store. It is asked when the new gateway is built and before it is swapped in,
   * so that the store holds nothing that cannot run, and what runs is in the store.
   */
  change<T, E>(
    next: NextSettings,
    commit: () => Promise<Result<T, E>>,
  ): Promise<Result<T, E | Refused>> {
    return this.#alone(async () => {
      const { file } = this.#made;
      const settings = next(await storedSettings(this.#parts.world.storage));
      const merged = await mergedSource(file, settings);
      if (!merged.ok) return err({ problems: merged.problems });
      const candidate = await this.#candidate(merged.source);
      if (!candidate.ok) return err({ problems: [candidate.error] });
      let committed: Result<T, E> | null = null;
      try {
        committed = await commit();
        if (!committed.ok) return committed;
      } finally {
        if (committed?.ok !== true) await candidate.value.built.close();
      }
      await this.#swap({ file, settings, source: merged.source }, candidate.value);
      return committed;
    });
  }

  /** The store was changed, maybe by another process. Settings that are in force already cost nothing. */
  sync(): Promise<void> {
    return this.#alone(async () => {
      const settings = await storedSettings(this.#parts.world.storage);
      if (sameSettings(settings, this.#made.settings)) return;
      const { file } = this.#made;
      const merged = await mergedSource(file, settings);
      if (merged.ok) await this.#applyNow({ file, settings, source: merged.source });
      else await this.#refuse(merged.problems.map(lineOf));
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work);
    this.#changing = done.catch(() => {});
    return done;
  }

  #build({ config, hash }: Source, health: ReadonlyMap<string, Health>): BuiltGateway {
    const { world, ...parts } = this.#parts;
    const blueprint: Blueprint = { ...parts, config, hash, health };
    return buildGateway(blueprint, world);
  }

  async #candidate(source: Source): Promise<Result<Candidate, SettingProblem>> {
    try {
      const receive = this.#parts.receivers.plan(source.config);
      const built = this.#build(source, this.#built.upstreams.health);
      await readyOrClosed(built);
      return ok({ source, built, receive });
    } catch (thrown) {
      if (!(thrown instanceof ConfigProblem)) throw thrown;
      return err({ field: thrown.path.join('.'), problem: thrown.message });
    }
  }

  /** Whole or not at all: everything is built before anything is swapped. */
  async #applyNow(made: Made): Promise<ReloadResult> {
    const fixed = changedFixture(this.#made.source, made.source);
    if (fixed !== null) {
      return await this.#refuse([`${fixed} changed; it is read at start only: restart to apply`]);
    }
    const candidate = await this.#candidate(made.source);
    if (!candidate.ok) return await this.#refuse([lineOf(candidate.error)]);
    await this.#swap(made, candidate.value);
    return { applied: true, problems: [] };
  }

  async #swap(made: Made, { source, built, receive }: Candidate): Promise<void> {
    const { world, directory, meter, overload, onApplied, telemetry } = this.#parts;
    try {
      await directory.refresh(source.config.tenants);
    } catch (thrown) {
      // Neither its tenants nor its guards are taken, and its pools and threads do not stay.
      await built.close();
      throw thrown;
    }
    const diff = reloadDiff(this.#made.source, source);
    // From here to the end of the swap nothing waits: nobody has tenants of one file, guards of another.
    this.#made = made;
    this.#built = built;
    overload.apply(source.config, built.upstreams.all());
    onApplied(source);
    telemetry.use(source.config);
    this.#generations.swap(built.gateway, built.close);
    receive();
    world.auditRoom.use(source.config);
    const record = {
      action: 'config.reload',
      decision: 'allow',
      policyVersion: source.hash,
      diff,
    } as const;
    // Both are begun whichever fails: a fault of one must not be a way around the other.
    await Promise.all([
      world.audit.append({ kind: 'admin', ...record }),
      endOver(world.running, directory),
    ]);
    meter.reloaded('applied');
    this.#noteReload(true);
    world.log.write('info', 'config-applied', { version: source.hash });
  }

  #noteReload(isApplied: boolean): void {
    this.lastReload = { at: new Date(this.#parts.world.clock.nowMs()).toISOString(), isApplied };
  }

  async #refuse(problems: readonly string[]): Promise<ReloadResult> {
    const { world, meter } = this.#parts;
    await world.audit.append({
      kind: 'admin',
      action: 'config.reload',
      decision: 'deny',
      reason: 'invalid',
      policyVersion: this.source.hash,
    });
    meter.reloaded('refused');
    this.#noteReload(false);
    for (const reason of problems) world.log.write('error', 'config-refused', { reason });
    return { applied: false, problems };
  }
}

const lineOf = ({ field, problem }: SettingProblem): string => `${field}: ${problem}`;
