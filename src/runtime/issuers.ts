/** Issuers of tokens out of a configuration: their keys are read through the checked way out. */
import type { Config } from '#config/config.ts';
import { JsonClient } from '#gateway/json-client.ts';
import type { ClaimRules } from '#policy/authenticators/jwt/claims.ts';
import { IssuerKeys, type ReadKeys } from '#policy/authenticators/jwt/issuer-keys.ts';
import type { Issuer } from '#policy/authenticators/jwt/jwt.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

type Section = Config['auth']['jwt'][number];

export interface OpenIssuers {
  readonly issuers: readonly Issuer[];
  close(): Promise<void>;
}

export function openIssuers(sections: readonly Section[], clock: Clock): OpenIssuers {
  const clients: JsonClient[] = [];
  const issuers = sections.map((section): Issuer => {
    const client = new JsonClient(section);
    clients.push(client);
    return {
      ...claimRulesOf(section),
      issuer: section.issuer,
      audiences: section.audience,
      types: section.types,
      authorizedParties: section.authorizedParties ?? null,
      leewayMs: section.leeway.ms,
      maxAgeMs: section.maxAge?.ms ?? null,
      keys: new IssuerKeys(readKeysOf(section, client), section.algorithms, clock),
    };
  });
  return {
    issuers,
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

export const claimRulesOf = ({
  tenant,
  tenants = [],
  claims,
  roleNames,
  userPrefix,
}: Pick<Section, 'tenant' | 'tenants' | 'claims' | 'roleNames' | 'userPrefix'>): ClaimRules => ({
  tenant: tenant ?? null,
  tenants,
  claims: {
    tenant: claims.tenant ?? null,
    team: claims.team ?? null,
    user: claims.user,
    roles: claims.roles ?? null,
    kept: claims.kept,
  },
  roleNames: roleNames === undefined ? null : new Map(Object.entries(roleNames)),
  userPrefix,
});

function readKeysOf({ jwks, jwksUri, issuer }: Section, client: JsonClient): ReadKeys {
  if (jwks !== undefined) {
    // Written in the file: as JSON, it is what an issuer would have sent.
    const set = parseJson(JSON.stringify(jwks)) ?? null;
    return () => Promise.resolve(set);
  }
  if (jwksUri !== undefined) return () => client.ask({ url: new URL(jwksUri) });
  return async () => await client.ask({ url: await keysAddress(issuer, client) });
}

/** OpenID Connect Discovery 1.0 section 4, then RFC 8414 section 3. */
async function keysAddress(issuer: string, client: JsonClient): Promise<URL> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/u, '');
  const places = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
  ];
  for (const place of places) {
    const metadata = await client.ask({ url: new URL(origin + place) }).catch(() => null);
    if (!isJsonObject(metadata)) continue;
    const { issuer: named, jwks_uri: address } = metadata;
    // Metadata of somebody else would bring somebody else's keys.
    if (named !== issuer || typeof address !== 'string') continue;
    const url = new URL(address);
    if (url.protocol === 'https:' || url.origin === origin) return url;
  }
  throw new Error('an issuer without metadata');
}
