/** What clients are told of this gateway before they have a token (RFC 9728). */
import type { Config } from '#config/config.ts';
import type { ResourceMetadata } from '#gateway/ports.ts';

export const METADATA_PATH = '/.well-known/oauth-protected-resource';

export function resourceOf({
  jwt,
  resource,
}: Pick<Config['auth'], 'jwt' | 'resource'>): ResourceMetadata | null {
  if (resource === undefined) return null;
  const { url, authorizationServers, scopes } = resource;
  const servers =
    authorizationServers ??
    jwt.map(({ issuer }) => issuer).filter((issuer) => URL.canParse(issuer));
  return {
    address: new URL(METADATA_PATH, url).href,
    document: {
      resource: url,
      authorization_servers: [...servers],
      bearer_methods_supported: ['header'],
      ...(scopes.length > 0 && { scopes_supported: [...scopes] }),
    },
  };
}
