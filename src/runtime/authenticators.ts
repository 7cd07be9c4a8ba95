/** Who may prove callers, in the order in which they are asked: the cheapest first. */
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
  clock: Clock,
): Authenticator[] {
  const authenticators: Authenticator[] = [];
  if (apiKeys.enabled) authenticators.push(apiKeyAuthenticator(directory, clock));
  if (mtls.length > 0) {
    authenticators.push(mtlsAuthenticator(mtls.map(certificateRuleOf), directory, clock));
  }
  if (tokens !== null) {
    const ports = { keys: directory, tokenKeys: tokens.keys, clock };
    authenticators.push(ownTokenAuthenticator(tokens.issuer, ports));
  }
  if (issuers.length > 0) authenticators.push(jwtAuthenticator(issuers, directory, clock));
  // The last one: it takes whatever text nobody else knows.
  if (servers.length > 0) {
    authenticators.push(introspectionAuthenticator(servers, directory, clock));
  }
  return authenticators;
}

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
