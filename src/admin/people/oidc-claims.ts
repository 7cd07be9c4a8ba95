/** What the claims of a proven ID token mean here: whose they are, and which role that is. */
import { hash } from 'node:crypto';

import type { Config } from '#config/config.ts';
import { claimAt } from '#policy/authenticators/jwt/claims.ts';
import type { JsonObject } from '#stdx/json.ts';

import type { IssuedPerson } from './people-issuer.ts';

export type OidcSection = NonNullable<Config['admin']['oidc']>;

const LOGIN = /^[^\p{Cc}\p{Cs}\u2028\u2029]{1,128}$/u;
const GROUPS_MAX = 1_000;

const hashOf = (parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);

/** A subject is unique at its issuer alone (OpenID Connect Core 1.0 section 2). */
export const ownerOf = (issuer: string, subject: string): string =>
  `oidc/${hashOf([issuer, subject])}`;

export const sidHashOf = (issuer: string, sid: string): string => hashOf([issuer, 'sid', sid]);

/** Everything that a role comes from. Its change ends the sessions that were opened before. */
export const settingsOf = ({ issuer, clientId, groupsClaim, roles }: OidcSection): string =>
  hashOf([issuer, clientId, groupsClaim, JSON.stringify(roles)]);

function groupsOf(claims: JsonObject, claim: string): ReadonlySet<string> {
  const value = claimAt(claims, claim);
  if (typeof value === 'string') return new Set([value]);
  if (!Array.isArray(value)) return new Set();
  return new Set(value.slice(0, GROUPS_MAX).filter((group) => typeof group === 'string'));
}

/** Null: no entry of the operator's list is for this person. */
export function personOfClaims(
  claims: JsonObject,
  section: OidcSection,
): Omit<IssuedPerson, 'replaces'> | null {
  const { sub, sid } = claims;
  const { issuer, groupsClaim, roles, loginClaim } = section;
  const groups = groupsOf(claims, groupsClaim);
  const found = roles.find(({ group }) => groups.has(group));
  if (found === undefined || typeof sub !== 'string' || sub === '') return null;
  const called = claimAt(claims, loginClaim);
  const login = [called, sub].find((text) => typeof text === 'string' && LOGIN.test(text));
  const owner = ownerOf(issuer, sub);
  return {
    owner,
    login: typeof login === 'string' ? login : owner,
    role: found.role,
    tenant: found.tenant ?? null,
    sidHash: typeof sid === 'string' && sid !== '' ? sidHashOf(issuer, sid) : null,
  };
}
