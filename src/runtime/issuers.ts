/** Issuers of tokens out of a configuration: they are asked through the checked way out. */
import type { Config } from '#config/config.ts';
import { tokenServerOwner } from '#config/setting-secrets.ts';
import type { Custody } from '#custody/custody.ts';
import { useFor } from '#domain/secret.ts';
import { JsonClient } from '#gateway/json-client.ts';
import {
  CLAIM_EXPRESSION,
  compileClaimExpression,
  type ReadClaim,
} from '#policy/authenticators/jwt/claim-expression.ts';
import { claimAt, type ClaimRules } from '#policy/authenticators/jwt/claims.ts';
import { IssuerKeys, type ReadKeys } from '#policy/authenticators/jwt/issuer-keys.ts';
import type { TokenServer } from '#policy/authenticators/introspection/introspection.ts';
import type { Issuer } from '#policy/authenticators/jwt/jwt.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { secretOf } from './secret-of.ts';

type Section = Config['auth']['jwt'][number];

export interface OpenIssuers {
  readonly issuers: readonly Issuer[];
  readonly endUsers: readonly Issuer[];
  readonly servers: readonly TokenServer[];
  close(): Promise<void>;
}

export function openIssuers(
  { jwt, endUsers, introspection }: Pick<Config['auth'], 'jwt' | 'endUsers' | 'introspection'>,
  { clock, custody }: { readonly clock: Clock; readonly custody: Custody },
): OpenIssuers {
  const clients: JsonClient[] = [];
  const issuerOf = (section: Section): Issuer => {
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
  };
  const servers = introspection.map((section): TokenServer => {
    const client = new JsonClient(section);
    clients.push(client);
    return {
      ...claimRulesOf(section),
      issuer: section.issuer ?? null,
      audiences: section.audience ?? null,
      cacheMs: section.cache.ms,
      ask: askOf(section, client, custody),
    };
  });
  return {
    issuers: jwt.map(issuerOf),
    endUsers: endUsers.map(issuerOf),
    servers,
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** RFC 7662 section 2.1, as the client of RFC 6749 section 2.3.1. */
function askOf(
  { endpoint, clientId, clientSecret }: Config['auth']['introspection'][number],
  client: JsonClient,
  custody: Custody,
): TokenServer['ask'] {
  const url = new URL(endpoint);
  const held = { owner: tokenServerOwner(clientId), purpose: 'clientSecret' };
  const secret = secretOf(custody, clientSecret, held, url.origin);
  const basic = (text: string): string =>
    `Basic ${Buffer.from(`${formWord(clientId)}:${formWord(text)}`).toString('base64')}`;
  return async (token) => {
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' });
    // One that does not open is a server that cannot be asked: its tokens let nobody in.
    const authorization = (await useFor(secret, url.origin, basic)) ?? '';
    return await client.ask({ url, form, authorization });
  };
}

const formWord = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);

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
    tenant: readerOf(claims.tenant),
    team: readerOf(claims.team),
    user: readerOf(claims.user),
    roles: readerOf(claims.roles),
    kept: claims.kept,
  },
  roleNames: roleNames === undefined ? null : new Map(Object.entries(roleNames)),
  userPrefix,
});

/** By name, by path, or worked out; null: not asked for. */
function readerOf(claim: string | null | undefined): ReadClaim | null {
  if (claim === null || claim === undefined) return null;
  if (!claim.startsWith(CLAIM_EXPRESSION)) return (claims) => claimAt(claims, claim);
  const compiled = compileClaimExpression(claim.slice(CLAIM_EXPRESSION.length));
  // The schema has compiled it: what does not compile is not taken.
  return compiled.ok ? compiled.value : () => false;
}

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
