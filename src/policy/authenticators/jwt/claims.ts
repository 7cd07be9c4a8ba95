/** Who a token is about: its claims, in our words. Used for tokens and for answers of introspection. */
import type { Principal } from '#domain/principal.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { ReadClaim } from './claim-expression.ts';

export interface ClaimRules {
  /** Every token is of this tenant; null: the claim says which. */
  readonly tenant: string | null;
  /** The tenants that the claim may name. One issuer cannot speak for the callers of another. */
  readonly tenants: readonly string[];
  readonly claims: {
    readonly tenant: ReadClaim | null;
    readonly team: ReadClaim | null;
    readonly user: ReadClaim | null;
    readonly roles: ReadClaim | null;
    /** Others that conditions of roles may read, by their names or paths. */
    readonly kept: readonly string[];
  };
  /** What a value of the roles claim means here; null: it is the name of a role. */
  readonly roleNames: ReadonlyMap<string, string> | null;
  readonly userPrefix: string;
}

const WORD = /^[\x21-\x7e]{1,256}$/u;
const ROLES_MAX = 64;
const KEPT_CHARS_MAX = 1_024;
const KEPT_VALUES_MAX = 256;

/**
 * The value of a claim by its name or its dotted path. A name may have dots of its own
 * (`kubernetes.io`, `https://example.com/org`), so the longest name that exists counts.
 */
export function claimAt(claims: JsonObject, path: string): JsonValue | undefined {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (isJsonObject(inner)) return claimAt(inner, path.slice(dot + 1));
  }
  return undefined;
}

/** Null: the claims do not say who it is, or say something that cannot be a name here. */
export function principalOf(
  claims: JsonObject,
  rules: ClaimRules,
  provenBy: Principal['provenBy'],
): Principal | null {
  const { claims: names } = rules;
  const tenant = rules.tenant ?? wordAt(claims, names.tenant);
  const team = wordAt(claims, names.team);
  const user = wordAt(claims, names.user);
  const roles = rolesAt(claims, rules);
  if (typeof tenant !== 'string' || team === undefined || roles === null) return null;
  if (rules.tenant === null && !isAmong(tenant, rules.tenants)) return null;
  // A name was asked for, so that somebody is: a caller without one would be nobody's to suspend.
  if (names.user !== null && typeof user !== 'string') return null;
  return {
    tenant,
    team,
    user: typeof user === 'string' ? rules.userPrefix + user : null,
    serviceAccount: null,
    keyId: null,
    roles,
    claims: keptOf(claims, names.kept),
    provenBy,
    scope: null,
    parent: null,
    run: null,
  };
}

const isAmong = (tenant: string, tenants: readonly string[]): boolean =>
  tenants.includes('*') || tenants.includes(tenant);

/** Null: not asked for, or not there. Undefined: there, and no name. */
function wordAt(claims: JsonObject, read: ReadClaim | null): string | null | undefined {
  const value = read?.(claims) ?? null;
  if (value === null) return null;
  return typeof value === 'string' && WORD.test(value) ? value : undefined;
}

/** A list of texts, or one text of words (RFC 8693 section 4.2 writes `scope` so). */
function rolesAt(claims: JsonObject, { claims: names, roleNames }: ClaimRules): string[] | null {
  const value = names.roles?.(claims);
  if (value === undefined || value === null) return [];
  const found = typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : value;
  if (!Array.isArray(found) || found.length > ROLES_MAX * 8) return null;
  const roles = new Set<string>();
  for (const name of found) {
    if (typeof name !== 'string') return null;
    const role = roleNames === null ? name : roleNames.get(name);
    if (role !== undefined && roles.size < ROLES_MAX) roles.add(role);
  }
  return [...roles];
}

/** What records and rules may want of a token. */
const KEPT = ['iss', 'sub', 'azp', 'client_id', 'scope'] as const;

/**
 * Texts and lists of texts, whole or not at all: rules compare them, and a text that was cut could
 * be equal to one that means more (`llm:writer` to `llm:write`).
 */
function keptOf(claims: JsonObject, paths: readonly string[]): Principal['claims'] {
  const kept = new Map<string, string | readonly string[]>();
  for (const path of paths) {
    const value = claimAt(claims, path);
    if (isText(value)) kept.set(path, value);
    else if (Array.isArray(value) && value.length <= KEPT_VALUES_MAX && value.every(isText)) {
      kept.set(path, value);
    }
  }
  for (const name of KEPT) {
    const value = claims[name];
    if (isText(value)) kept.set(name, value);
    else kept.delete(name);
  }
  const actor = actorsOf(claims['act']);
  if (isText(actor) && actor !== '') kept.set('act', actor);
  else kept.delete('act');
  return Object.fromEntries(kept);
}

const isText = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value.length <= KEPT_CHARS_MAX;

const ACTORS_MAX = 4;

/** RFC 8693 section 4.1: who acts for the subject, the last one first. */
function actorsOf(act: JsonValue | undefined): string {
  const actors: string[] = [];
  let at = act;
  while (isJsonObject(at) && actors.length < ACTORS_MAX) {
    const { sub } = at;
    if (typeof sub === 'string') actors.push(sub);
    at = at['act'];
  }
  return actors.join(' < ');
}

/** Claims of tokens that say who has logged in, and not what may be done (OpenID Connect Core 3.1.3.6). */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash'] as const;
/** What servers call tokens that are for other uses, each in a claim of its own. */
const USES = ['typ', 'token_use', 'token_type'] as const;
const OTHER_USES: ReadonlySet<string> = new Set([
  'id',
  'id_token',
  'refresh',
  'refresh_token',
  'offline',
  'n_a',
]);

/** A server says `active` of a refresh token too, and a stolen one of those lives for months. */
export const isForAccess = (claims: JsonObject): boolean =>
  USES.every((name) => {
    const use = claims[name];
    return typeof use !== 'string' || !OTHER_USES.has(use.toLowerCase());
  }) && ID_TOKEN_CLAIMS.every((name) => claims[name] === undefined);
