/** A gateway out of a configuration and the world. It is whole before anything uses it. */
import { setTimeout as sleep } from 'node:timers/promises';

import { systemTimers } from '#audit/timers.ts';
import type { Config } from '#config/config.ts';
import { allGuardRules, guardRuleOf } from '#config/guards-section.ts';
import { dialects } from '#dialects/registry.ts';
import { Fault } from '#domain/fault.ts';
import { FailedCredentials } from '#gateway/failed-credentials.ts';
import { Egress } from '#gateway/egress.ts';
import { Door, type Standing } from '#gateway/overload/door.ts';
import type { Gateway, RefusalPort } from '#gateway/ports.ts';
import { RefusedStrangers } from '#gateway/refused-strangers.ts';
import type { Health } from '#gateway/upstreams.ts';
import { type Rate, rateOf as exactRateOf } from '#policy/limiters/rate.ts';
import type { Allowance } from '#policy/limiters/rate-limiter.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { authenticatorsOf, dpopOf, endUsersOf, tokenIssuerOf } from './authenticators.ts';
import { type BuiltUpstreams, buildUpstreams, type UpstreamPorts } from './build-upstreams.ts';
import type { Directory } from './directory.ts';
import { heldStatePort } from './held-state-port.ts';
import { type GuardWays, openGuardWays } from './guard-world.ts';
import { openIssuers } from './issuers.ts';
import type { Overload } from './overload.ts';
import { quarantineOf } from './quarantine.ts';
import { limitsOf } from './limits.ts';
import { resourceOf } from './resource.ts';
import { pseudonymKeys } from './pseudonym-keys.ts';
import { toolPins } from './tool-pins.ts';
import type { Telemetry } from './telemetry.ts';
import type { World } from './world.ts';

export interface Blueprint {
  readonly config: Config;
  /** Names the policy in force in every record. */
  readonly hash: string;
  readonly directory: Directory;
  readonly meter: Gateway['meter'];
  readonly telemetry: Telemetry;
  readonly alerts: Gateway['alerts'];
  readonly health: ReadonlyMap<string, Health>;
  readonly overload: Overload;
}

export interface BuiltGateway {
  readonly gateway: Gateway;
  readonly upstreams: BuiltUpstreams;
  /** Before anything uses it: threads of guards answer, or a `ConfigProblem` says why not. */
  readonly ready: () => Promise<void>;
  /** Ends the ways to providers and to the services of guards. */
  readonly close: () => Promise<void>;
}

/** May throw `ConfigProblem`; then nothing was changed. */
export function buildGateway(blueprint: Blueprint, world: World): BuiltGateway {
  const { config, hash, directory, meter, alerts, health, overload, telemetry } = blueprint;
  const tracer = telemetry.tracerOf(config);
  const { clock, log } = world;
  const { counting } = world;
  const { custody } = world.custody;
  const pins = toolPins(world.storage, clock);
  const guardWays = openGuardWays({ clock, log, dataDir: world.dataDir, pins, custody });
  const guards = guardRules(config, guardWays);
  const { close: closeIdentities, ...identities } = openIdentities(config, directory, world);
  const upstreams = buildUpstreams(config, upstreamPorts(blueprint, world), health);
  const aliases = [...upstreams.aliases.values()];
  const heldState = heldStatePort(world.storage, clock);
  const gateway: Gateway = {
    policyVersion: hash,
    ...identities,
    keyUses: world.keyUses,
    isOver: (principal) => directory.isOver(principal),
    runs: world.runs,
    misuse: misuseOf(config.auth.apiKeys.quarantine, alerts, world),
    access: {
      tenant: (id) => directory.policy(id),
      alias: (name) => upstreams.aliases.get(name),
      aliases: () => aliases,
      bindings: (ids) => heldState.find(ids),
    },
    ...limitsOf(config, { store: world.limitStore, later }),
    limitStore: world.limitStore,
    expectations: counting.expectations,
    guards,
    pseudonymKey: pseudonymKeys(world.peppers),
    dialects,
    upstreams,
    egress: new Egress({ upstreams, clock, random: Math.random, delay, shed: overload.meter.shed }),
    door: doorOf(config, overload),
    heldState,
    approvals: world.approvals,
    audit: world.auditRoom.callAudit,
    content:
      config.audit.content === 'none' ? null : world.auditRoom.content.at(config.audit.content),
    refusals: refusalsOf(config, overload, world),
    decisions: world.decisions,
    meter,
    tracer,
    alerts,
    clock,
    running: world.running,
    log: (event, fields) => log.write('error', event, fields),
  };
  const close = async (): Promise<void> => {
    await Promise.all([upstreams.close(), guardWays.close(), closeIdentities()]);
  };
  return { gateway, upstreams, ready: () => guardWays.ready(), close };
}

/** Each is counted for the log, and by the address that it came from. */
function refusalsOf(
  { server: { tarpit } }: Config,
  { meter }: Overload,
  { refusals, clock }: World,
): RefusalPort {
  const bounds = { prompt: rateOf(tarpit.after), holdMs: tarpit.hold.ms };
  const strangers = new RefusedStrangers(bounds, clock);
  return {
    add: (ip, status, reason) => {
      refusals.note({ ip, status, reason });
      const holdMs = strangers.refused(ip);
      if (holdMs > 0) meter.refusalHeld();
      return holdMs;
    },
  };
}

const upstreamPorts = ({ overload }: Blueprint, world: World): UpstreamPorts => ({
  clock: world.clock,
  custody: world.custody.custody,
  tenantSecrets: world.tenantSecrets,
  newGate: (config, provider) => overload.newGate(config, provider),
  breakerTurned: (deployment, turn) => world.others.breakerTurned(deployment, turn),
});

function doorOf({ tenants }: Config, overload: Overload): Door {
  const standings = new Map<string, Standing>();
  for (const { id, weight, class: callClass } of tenants) standings.set(id, { weight, callClass });
  const { door: gate, meter } = overload;
  return new Door({ gate, stage: () => overload.stage, standings, shed: meter.shed });
}

/** Waits for its threads. One whose files are not right leaves none behind. */
export async function readyOrClosed({ ready, close }: BuiltGateway): Promise<void> {
  try {
    await ready();
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Threads that were begun for a configuration that is not taken do not stay. */
function guardRules(config: Config, ways: GuardWays): Gateway['guards'] {
  try {
    return allGuardRules(config, (entry, path) => at(path, () => guardRuleOf(entry, ways.within)));
  } catch (thrown) {
    ways.close().catch(() => {});
    throw thrown;
  }
}

/** The delay before a retry ends at once when the caller leaves. */
async function delay(ms: number, cancellation: Cancellation): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: cancellation.signal });
  } catch {
    // Only an abort ends a sleep early.
    const { reason } = cancellation;
    throw reason instanceof Fault ? reason : new Fault('client-gone', 'the caller left');
  }
}

type Identities = Pick<
  Gateway,
  'authenticators' | 'endUsers' | 'tokens' | 'dpop' | 'resource' | 'failedCredentials'
>;

/** Everything that proves callers, of one configuration. */
function openIdentities(
  config: Config,
  directory: Directory,
  { clock, peppers, replays, others, custody: { custody } }: World,
): Identities & { readonly close: () => Promise<void> } {
  const { auth } = config;
  const issuers = openIssuers(auth, { clock, custody });
  const tokens = tokenIssuerOf(auth, directory, peppers, clock);
  const dpop = dpopOf(auth, replays, clock);
  const rates = {
    perAddress: rateOf(auth.failuresPerAddress),
    perKey: rateOf(auth.failuresPerKey),
  };
  const failedCredentials = new FailedCredentials(rates, clock);
  failedCredentials.onFailed = (failed) => others.failedTry(failed);
  return {
    endUsers: endUsersOf(issuers, directory, clock),
    authenticators: authenticatorsOf(auth, { ...issuers, tokens }, directory, { clock, dpop }),
    tokens,
    dpop,
    resource: resourceOf(config, tokens),
    failedCredentials,
    close: () => issuers.close(),
  };
}

function misuseOf(
  quota: Allowance | undefined,
  alerts: Gateway['alerts'],
  world: World,
): Gateway['misuse'] {
  if (quota === undefined) return null;
  return world.others.misuse ?? quarantineOf(rateOf(quota), alerts, world);
}

const rateOf = ({ amount, windowMs }: Allowance): Rate => exactRateOf(amount, windowMs, amount);

const later = (run: () => void, ms: number): void => {
  systemTimers.after(ms, run);
};

/** A member says what is wrong inside its entry; the entry's own place is added here. */
function at<T>(path: readonly (string | number)[], create: () => T): T {
  try {
    return create();
  } catch (thrown) {
    if (thrown instanceof ConfigProblem) {
      throw new ConfigProblem([...path, ...thrown.path], thrown.message);
    }
    throw thrown;
  }
}
