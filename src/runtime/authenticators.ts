/** Who may prove callers, in the order in which they are asked: the cheapest first. */
import { PROOF_AGE_MS_MAX } from '#config/auth-section.ts';
import type { Config } from '#config/config.ts';
import { apiKeyAuthenticator } from '#policy/authenticators/api-key.ts';
import type { Authenticator } from '#policy/authenticators/authenticator.ts';
import { introspectionAuthenticator } from '#policy/authenticators/introspection/introspection.ts';
import { jwtAuthenticator } from '#policy/authenticators/jwt/jwt.ts';
import { ownTokenAuthenticator } from '#policy/authenticators/own-token/own-token.ts';
import { TokenKeys } from '#policy/authenticators/own-token/token-keys.ts';
import type { TokenIssuer } from '#gateway/token-issuer.ts';
import type { Peppers } from '#config/peppers.ts';
import { type CertificateRule, mtlsAuthenticator } from '#policy/authenticators/mtls.ts';
import { DpopVerifier, proofWidthMs } from '#policy/authenticators/dpop/dpop.ts';
import type { ReplayStore } from '#policy/authenticators/dpop/replays.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Directory } from './directory.ts';
import type { OpenIssuers } from './issuers.ts';

/** What gives tokens, and the keys that they are verified by. */
export interface OwnTokens extends TokenIssuer {
  readonly keys: TokenKeys;
}

export function authenticatorsOf(
  { apiKeys, mtls }: Config['auth'],
  { issuers, servers, tokens }: OpenIssuers & { readonly tokens: OwnTokens | null },
  directory: Directory,
  { clock, dpop }: { readonly clock: Clock; readonly dpop: DpopVerifier | null },
): Authenticator[] {
  const possession = { people: directory, dpop };
  const authenticators: Authenticator[] = [];
  if (apiKeys.enabled) authenticators.push(apiKeyAuthenticator(directory, clock));
  if (mtls.length > 0) {
    authenticators.push(mtlsAuthenticator(mtls.map(certificateRuleOf), directory, clock));
  }
  if (tokens !== null) {
    const ports = { keys: directory, tokenKeys: tokens.keys, clock, possession };
    authenticators.push(ownTokenAuthenticator(tokens.issuer, ports));
  }
  if (issuers.length > 0) authenticators.push(jwtAuthenticator(issuers, possession, clock));
  // The last one: it takes whatever text nobody else knows.
  if (servers.length > 0) {
    authenticators.push(introspectionAuthenticator(servers, possession, clock));
  }
  return authenticators;
}

/** Null: the operator has named no issuer of end users. They are bound to nothing but their caller. */
export function endUsersOf(
  { endUsers }: Pick<OpenIssuers, 'endUsers'>,
  directory: Directory,
  clock: Clock,
): Authenticator | null {
  if (endUsers.length === 0) return null;
  const people = {
    isSuspended: (tenant: string, user: string | null) => directory.isSuspended(tenant, user),
    // The caller beside it has proven itself: this token is what it says of somebody else.
    needsBoundTokens: () => false,
  };
  return jwtAuthenticator(endUsers, { people, dpop: null }, clock);
}

/** Null: the operator wants none. `replays` outlives configurations. */
export function dpopOf(
  { dpop, resource }: Pick<Config['auth'], 'dpop' | 'resource'>,
  replays: ReplayStore,
  clock: Clock,
): DpopVerifier | null {
  if (dpop === undefined || resource === undefined) return null;
  const settings = {
    origin: new URL(resource.url).origin,
    ageMaxMs: dpop.ageMax.ms,
    goesOnAlone: dpop.onUnavailable === 'alone',
  };
  return new DpopVerifier(settings, replays, clock);
}

/** Whatever a configuration allows: a reload that allows more must not forget what was used. */
export const PROOF_WIDTH_MS = proofWidthMs(PROOF_AGE_MS_MAX);

function certificateRuleOf(section: Config['auth']['mtls'][number]): CertificateRule {
  const { uri, dns, cn, tenant, team = null, user, userPrefix, roles } = section;
  const name = uri !== undefined ? 'uri' : dns !== undefined ? 'dns' : 'cn';
  const pattern = uri ?? dns ?? cn ?? '';
  return { name, pattern, tenant, team, isUser: user, userPrefix, roles };
}

/** Null: the operator wants none. */
export function tokenIssuerOf(
  { tokens, resource }: Pick<Config['auth'], 'tokens' | 'resource'>,
  directory: Directory,
  peppers: Peppers,
  clock: Clock,
): OwnTokens | null {
  if (tokens === undefined || resource === undefined) return null;
  const keys = new TokenKeys(peppers);
  return {
    issuer: new URL(resource.url).origin,
    lifetimeMs: tokens.lifetime.ms,
    keys,
    sign: (claims) => keys.sign(claims),
    prover: apiKeyAuthenticator(directory, clock),
  };
}
