/** What clients are told of this gateway before they have a token (RFC 9728, RFC 8414, RFC 7517). */
import type { Config } from '#config/config.ts';
import type { ResourceMetadata } from '#gateway/ports.ts';
import { DPOP_ALGORITHMS } from '#policy/authenticators/dpop/dpop.ts';
import type { JsonObject } from '#stdx/json.ts';

import type { OwnTokens } from './authenticators.ts';

const RESOURCE_PATH = '/.well-known/oauth-protected-resource';
const SERVER_PATH = '/.well-known/oauth-authorization-server';
const JWKS_PATH = '/.well-known/jwks.json';

export function resourceOf(
  { auth, server }: Pick<Config, 'auth' | 'server'>,
  tokens: OwnTokens | null,
): ResourceMetadata | null {
  const { jwt, resource, dpop } = auth;
  if (resource === undefined) return null;
  const { authorizationServers, scopes } = resource;
  const url = new URL(resource.url).origin;
  const issuers = jwt.map(({ issuer }) => issuer).filter((issuer) => URL.canParse(issuer));
  const servers = authorizationServers ?? (tokens === null ? issuers : [...issuers, tokens.issuer]);
  const proofAlgorithms = dpop === undefined ? [] : DPOP_ALGORITHMS;
  const proofs =
    dpop === undefined ? {} : { dpop_signing_alg_values_supported: [...proofAlgorithms] };
  // RFC 8705 sections 3.3 and 9.4, RFC 9728 section 2.
  const certificates =
    (server.tls?.clientAuth ?? 'none') === 'none'
      ? {}
      : { tls_client_certificate_bound_access_tokens: true };
  const document = {
    resource: url,
    authorization_servers: [...servers],
    bearer_methods_supported: ['header'],
    ...proofs,
    ...certificates,
    ...(scopes.length > 0 && { scopes_supported: [...scopes] }),
  };
  const documents = new Map<string, JsonObject>([[RESOURCE_PATH, document]]);
  if (tokens !== null) {
    documents.set(SERVER_PATH, { ...serverMetadata(tokens.issuer), ...proofs, ...certificates });
    documents.set(JWKS_PATH, tokens.keys.jwks());
  }
  return { address: url + RESOURCE_PATH, proofAlgorithms, documents };
}

const serverMetadata = (issuer: string): JsonObject => ({
  issuer,
  token_endpoint: `${issuer}/oauth/token`,
  jwks_uri: issuer + JWKS_PATH,
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  response_types_supported: [],
});
