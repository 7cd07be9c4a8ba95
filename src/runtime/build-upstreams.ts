/** Providers and deployments of a configuration. Health carries over from the one before. */
import { type Config } from '#config/config.ts';
import { isRemote, type ProviderSection } from '#config/providers-section.ts';
import type { Custody } from '#custody/custody.ts';
import type { Deployment, ModelAlias } from '#domain/deployment.ts';
import { HttpPort } from '#gateway/http-port.ts';
import { localUpstream } from '#gateway/local-upstream.ts';
import type { BreakerTurn } from '#gateway/breaker.ts';
import type { Gate } from '#gateway/overload/gate.ts';
import type { ProviderPort } from '#gateway/provider-port.ts';
import {
  type Health,
  newHealth,
  type OwnSecrets,
  providerUpstream,
  type Upstream,
  type Upstreams,
} from '#gateway/upstreams.ts';
import { pricedModel } from '#metering/prices.ts';
import { isLocal, type LocalProvider, type Provider } from '#providers/provider.ts';
import { createProvider } from '#providers/registry.ts';
import { assert } from '#stdx/assert.ts';
import type { Clock } from '#stdx/clock.ts';

import { secretOf } from './secret-of.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

type Built =
  | { readonly provider: LocalProvider; readonly port: null; readonly own: null }
  | { readonly provider: Provider; readonly port: ProviderPort; readonly own: OwnSecrets };

export interface BuiltUpstreams extends Upstreams {
  readonly aliases: ReadonlyMap<string, ModelAlias>;
  readonly health: ReadonlyMap<string, Health>;
  /** Closes the pools when their last answer is read. */
  close(): Promise<void>;
}

export interface UpstreamPorts {
  readonly clock: Clock;
  readonly custody: Custody;
  readonly tenantSecrets: TenantSecrets;
  /** Of a deployment that is new: how many calls it takes at once is not known yet. */
  readonly newGate: (config: Config, provider: string) => Gate;
  /** A breaker has opened or closed by what this process has seen. */
  readonly breakerTurned: (deployment: string, turn: BreakerTurn) => void;
}

export function buildUpstreams(
  config: Config,
  ports: UpstreamPorts,
  before: ReadonlyMap<string, Health>,
): BuiltUpstreams {
  const { clock, newGate } = ports;
  const built = new Map<string, Built>();
  for (const [name, section] of Object.entries(config.providers)) {
    built.set(name, build(name, section, ports));
  }
  const upstreams = new Map<string, Upstream>();
  const aliases = new Map<string, ModelAlias>();
  const health = new Map<string, Health>();
  const stateful = providersWithState(config);
  for (const [name, section] of Object.entries(config.models)) {
    const deployments = section.deployments.map((entry, index): Deployment => {
      const model = entry.model ?? name;
      const { provider } = built.get(entry.provider) ?? {};
      assert(provider !== undefined, 'the schema lets only declared providers through');
      return {
        id: `${name}/${entry.provider}/${model}/${index}`,
        provider: entry.provider,
        model,
        weight: entry.weight,
        dialects: provider.dialects,
        ...placeOf(config.providers[entry.provider], entry),
        ...tracePlaceOf(config.providers[entry.provider], provider),
        ...pricedModel({ provider: entry.provider, model }, section.price ?? null, config.prices),
      };
    });
    const { allowUnscanned, allowState, stateIds } = section;
    const isStateNear = deployments.some(({ provider }) => stateful.has(provider));
    aliases.set(name, { name, deployments, allowUnscanned, allowState, stateIds, isStateNear });
    for (const deployment of deployments) {
      const own =
        before.get(deployment.id) ?? newHealth(clock, newGate(config, deployment.provider));
      own.breaker.onTurn = (turn) => ports.breakerTurned(deployment.id, turn);
      health.set(deployment.id, own);
      upstreams.set(
        deployment.id,
        upstreamOf(deployment, built.get(deployment.provider), own, clock),
      );
    }
  }
  return {
    aliases,
    health,
    of(deployment) {
      const upstream = upstreams.get(deployment.id);
      assert(upstream !== undefined, 'a granted deployment is of this configuration');
      return upstream;
    },
    all: () => [...upstreams.values()],
    async close() {
      await Promise.all([...built.values()].map(({ port }) => port?.close()));
    },
  };
}

/** Where a deployment is, and under which agreements: its own word before that of its provider. */
const placeOf = (
  provider: ProviderSection | undefined,
  entry: { readonly region?: string | undefined },
): Pick<Deployment, 'region' | 'agreements'> => ({
  region: entry.region ?? provider?.region,
  agreements: provider?.agreements,
});

/** What traces and metrics say of where a call goes, and whether it is told there. */
function tracePlaceOf(
  section: ProviderSection | undefined,
  provider: Provider | LocalProvider,
): Pick<Deployment, 'vendor' | 'server' | 'isToldOfTraces'> {
  const vendor = provider.type;
  if (isLocal(provider) || section === undefined || !isRemote(section)) return { vendor };
  const { hostname, port, protocol } = new URL(provider.baseUrl);
  const server = { address: hostname, port: Number(port || (protocol === 'http:' ? 80 : 443)) };
  return { vendor, server, isToldOfTraces: section.propagateTrace };
}

/** Aliases share the secret of a provider, and with it what the provider holds. */
const providersWithState = ({ models }: Config): ReadonlySet<string> =>
  new Set(
    Object.values(models)
      .filter(({ allowState }) => allowState.length > 0)
      .flatMap(({ deployments }) => deployments.map(({ provider }) => provider)),
  );

function build(
  name: string,
  section: ProviderSection,
  { custody, tenantSecrets }: UpstreamPorts,
): Built {
  const provider = createProvider(section);
  if (isLocal(provider)) return { provider, port: null, own: null };
  assert(isRemote(section), 'a provider with a base URL is configured as one');
  const baseUrl = new URL(provider.baseUrl);
  const { timeouts, apiKey } = section;
  const held = { owner: `provider/${name}`, purpose: 'apiKey' } as const;
  const port = new HttpPort({
    baseUrl,
    secret: apiKey === undefined ? null : secretOf(custody, apiKey, held, baseUrl.origin),
    carrier: provider.secretCarrier,
    headers: provider.headers,
    allowPrivateAddress: section.allowPrivateAddress,
    timeouts: {
      connectMs: timeouts.connect.ms,
      firstByteMs: timeouts.firstByte.ms,
      interEventMs: timeouts.interEvent.ms,
      totalMs: timeouts.total.ms,
      bytesPerSecondMin: timeouts.bytesPerSecondMin,
    },
    connectionsMax: section.connectionsMax,
  });
  const own: OwnSecrets = {
    isRequired: section.ownSecrets === 'required',
    of: (tenant) => tenantSecrets.of(name, tenant, baseUrl.origin),
  };
  return { provider, port, own };
}

function upstreamOf(
  deployment: Deployment,
  built: Built | undefined,
  health: Health,
  clock: Clock,
): Upstream {
  assert(built !== undefined, 'the schema lets only declared providers through');
  return built.port === null
    ? localUpstream(deployment, built.provider, health, clock)
    : providerUpstream(deployment, built, health);
}
