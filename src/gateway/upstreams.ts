/** The deployments of a configuration, each with its provider, its way out and its health. */
import type { Call, DialectName } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment } from '#domain/deployment.ts';
import { Fault, type FaultCode } from '#domain/fault.ts';
import type { KeptSecret } from '#domain/secret.ts';
import { translateCall } from '#dialects/translate/translate.ts';
import type { Provider } from '#providers/provider.ts';
import { assert } from '#stdx/assert.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';

import { Breaker } from './breaker.ts';
import type { Gate } from './overload/gate.ts';
import type { ProviderPort, UpstreamHead } from './provider-port.ts';
import { RetryBudget } from './retry-budget.ts';

export interface Upstream {
  readonly deployment: Deployment;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  /** So many calls at once. */
  readonly gate: Gate;
  readonly countsTokens: boolean;
  dialectFor(call: Call): DialectName;
  /** The denial that names what this deployment cannot take, or null. */
  misfit(call: Call, tenant: string): Denial | null;
  /** What the tenant has brought for it; null: it is called with the provider's own secret. */
  ownSecret(tenant: string): KeptSecret | null;
  /** `headers`: beside those of every request, names and values by turns. */
  send(
    call: Call,
    cancellation: Cancellation,
    own: KeptSecret | null,
    headers?: readonly string[],
  ): Promise<UpstreamHead>;
  faultOf(status: number): FaultCode;
}

export interface Upstreams {
  of(deployment: Deployment): Upstream;
  all(): readonly Upstream[];
}

/** To which dialect a call is translated when a provider does not speak its own, best first. */
const TRANSLATIONS: Readonly<Record<DialectName, readonly DialectName[]>> = {
  'openai-chat': ['anthropic-messages'],
  'anthropic-messages': ['openai-chat'],
  'openai-responses': ['openai-chat', 'anthropic-messages'],
  'openai-embeddings': [],
};

const NO_HEADERS: readonly string[] = [];

/** What a deployment remembers between configurations. */
export interface Health {
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  readonly gate: Gate;
}

export const newHealth = (clock: Clock, gate: Gate): Health => ({
  breaker: new Breaker(clock),
  budget: new RetryBudget(),
  gate,
});

/** Secrets that tenants have brought for one provider. */
export interface OwnSecrets {
  /** Calls of a tenant that has brought none are refused. */
  readonly isRequired: boolean;
  of(tenant: string): KeptSecret | null;
}

export interface ProviderWay {
  readonly provider: Provider;
  readonly port: ProviderPort;
  readonly own: OwnSecrets;
}

export function providerUpstream(
  deployment: Deployment,
  { provider, port, own: owns }: ProviderWay,
  health: Health,
): Upstream {
  const chosen = (call: Call): DialectName | null => {
    if (provider.dialects.includes(call.dialect)) return call.dialect;
    return TRANSLATIONS[call.dialect].find((to) => provider.dialects.includes(to)) ?? null;
  };
  const dialectFor = (call: Call): DialectName => {
    const dialect = chosen(call);
    assert(dialect !== null, 'a deployment that cannot take the call was not granted');
    return dialect;
  };
  return {
    deployment,
    ...health,
    countsTokens: provider.countsTokens,
    dialectFor,
    misfit(call, tenant) {
      if (owns.isRequired && owns.of(tenant) === null) {
        return { reason: 'provider-secret-missing' };
      }
      const dialect = chosen(call);
      if (dialect === null) return { reason: 'field-unsupported', field: 'model' };
      if (dialect === call.dialect) return null;
      // What an id names is where it was born, and a translation would take the call elsewhere.
      const held = call.heldState.find(({ kind }) => kind !== 'item');
      if (held !== undefined) return { reason: 'field-unsupported', field: held.path };
      if (call.action === 'count-tokens') return null;
      const translated = translateCall(call.dialect, call.content.body, dialect);
      return translated.ok ? null : translated.error;
    },
    ownSecret(tenant) {
      const own = owns.of(tenant);
      if (own !== null || !owns.isRequired) return own;
      // It was taken away after the call was granted: nobody else's pays for it.
      throw new Fault('secret-unavailable', 'the tenant has brought no secret');
    },
    send(call, cancellation, own, headers = NO_HEADERS) {
      const dialect = dialectFor(call);
      const body = bodyFor(call, dialect);
      const request = provider.encode(call, deployment, dialect, body);
      return own === null
        ? port.send(request, cancellation, headers)
        : port.send(request, cancellation, headers, own);
    },
    faultOf: (status) => provider.faultOf(status),
  };
}

/** The kept body, or its translation. The provider puts the deployment's model in its own copy. */
function bodyFor(call: Call, dialect: DialectName): JsonObject {
  const { body } = call.content;
  if (dialect === call.dialect) return body;
  const translated = translateCall(call.dialect, body, dialect);
  assert(translated.ok, 'an edit of a text cannot make a call untranslatable');
  return translated.value;
}
