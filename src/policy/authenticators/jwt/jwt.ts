/**
 * Tokens that an issuer signed (RFC 7519, RFC 8725, RFC 9068). The issuer's own record says which
 * keys, algorithms, audiences and types count; of a token's header only `kid`, `alg` and `typ` are
 * read, and each is compared with that record.
 */
import { hash } from 'node:crypto';

import { errors, jwtVerify } from 'jose';

import type { Clock } from '#stdx/clock.ts';
import { type JsonObject, type JsonValue } from '#stdx/json.ts';
import { Lru } from '#stdx/lru.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Authentication, Authenticator, Credential } from '../authenticator.ts';
import { type ClaimRules, isForAccess, principalOf } from './claims.ts';
import { looksLikeJwt, readCompact, type UnprovenToken } from './compact.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import {
  admitToken,
  confirmationOf,
  type PossessionPorts,
  type ProvenToken,
} from '../possession.ts';
import { type Because, rejected } from '../rejected.ts';

export interface Issuer extends ClaimRules {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** `typ` of the header, in lower case; `none`: a token that says no type. */
  readonly types: readonly string[];
  /** Clients that tokens may be given to (`azp`, `client_id`); null: any. */
  readonly authorizedParties: readonly string[] | null;
  readonly leewayMs: number;
  /** How long after `iat` a token counts, whatever it says itself; null: until `exp`. */
  readonly maxAgeMs: number | null;
  readonly keys: IssuerKeys;
}

interface Accepted extends ProvenToken {
  readonly notAfterMs: number;
  readonly keys: IssuerKeys;
  readonly generation: number;
}

const ACCEPTED_MAX = 20_000;
export function jwtAuthenticator(
  issuers: readonly Issuer[],
  ports: PossessionPorts,
  clock: Clock,
): Authenticator {
  const byName = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  /**
   * By SHA-256 of the whole token: a part of it could be another token's too. The cache lives as long
   * as the configuration, so that nothing of another one is found here.
   */
  const accepted = new Lru<string, Accepted>(ACCEPTED_MAX);
  for (const { keys } of issuers) keys.onChange = () => accepted.clear();

  const admit = (token: Accepted, credential: Credential): MaybePromise<Authentication> =>
    token.notAfterMs <= clock.nowMs() ? rejected('expired') : admitToken(token, credential, ports);
  const recall = (digest: string): Accepted | undefined => {
    const known = accepted.get(digest);
    return known?.keys.stillCount() === true ? known : undefined;
  };
  const prove = async (credential: Credential, digest: string): Promise<Authentication> => {
    const { token } = credential;
    const read = readCompact(token);
    if (read === null) return rejected('malformed');
    const issuer = byName.get(textOf(read.claims['iss']));
    if (issuer === undefined) return rejected('unknown');
    const proven = await proveBy(issuer, token, read, clock.nowMs());
    if (!proven.ok) return proven;
    const { keys, generation } = proven.value;
    // Keys that changed meanwhile may have been taken back: then this proof is of yesterday.
    if (keys.generation !== generation) return rejected('untrusted');
    accepted.set(digest, proven.value);
    return await admit(proven.value, credential);
  };
  return {
    name: 'jwt',
    recall(credential) {
      const { token } = credential;
      if (!looksLikeJwt(token)) return 'absent';
      const known = recall(hash('sha256', token, 'base64'));
      return known === undefined ? 'absent' : admit(known, credential);
    },
    authenticate(credential): MaybePromise<Authentication> {
      const { token } = credential;
      if (!looksLikeJwt(token)) return 'absent';
      const digest = hash('sha256', token, 'base64');
      const known = recall(digest);
      return known === undefined ? prove(credential, digest) : admit(known, credential);
    },
  };
}

type Proven = Result<
  Accepted,
  | { readonly reason: 'credential-rejected'; readonly because: Because }
  | { readonly reason: 'issuer-unavailable' }
>;

async function proveBy(
  issuer: Issuer,
  token: string,
  { header, claims }: UnprovenToken,
  nowMs: number,
): Promise<Proven> {
  if (!isOfType(header, issuer.types) || header['crit'] !== undefined) return rejected('unfit');
  const kid = header['kid'] ?? null;
  const algorithm = header['alg'];
  if (typeof algorithm !== 'string' || (kid !== null && typeof kid !== 'string')) {
    return rejected('malformed');
  }
  const found = await issuer.keys.find(kid, algorithm).catch(() => 'unavailable' as const);
  if (found === 'unavailable') return err({ reason: 'issuer-unavailable' });
  if (found === null) return rejected('untrusted');
  try {
    await jwtVerify(token, found.key, {
      algorithms: [found.algorithm],
      issuer: issuer.issuer,
      audience: [...issuer.audiences],
      clockTolerance: issuer.leewayMs / 1_000,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'iss', 'aud'],
    });
  } catch (thrown) {
    return rejected(becauseOf(thrown));
  }
  return acceptedOf(issuer, claims, { nowMs, generation: found.generation });
}

/** What jose found, in our words. Its messages quote claims, so they end here. */
function becauseOf(thrown: unknown): Because {
  if (thrown instanceof errors.JWTExpired) return 'expired';
  return thrown instanceof errors.JWTClaimValidationFailed ? 'unfit' : 'untrusted';
}

/** The claims of a signature that holds: they are the ones that jose read, from the same text. */
function acceptedOf(
  issuer: Issuer,
  claims: JsonObject,
  { nowMs, generation }: { readonly nowMs: number; readonly generation: number },
): Proven {
  const boundTo = confirmationOf(claims['cnf']);
  if (boundTo === undefined) return rejected('unfit');
  if (!isForAccess(claims) || !isForParty(claims, issuer.authorizedParties)) {
    return rejected('unfit');
  }
  const expiresMs = timeOf(claims['exp']);
  const issuedMs = timeOf(claims['iat']);
  if (expiresMs === null) return rejected('unfit');
  let notAfterMs = expiresMs + issuer.leewayMs;
  if (claims['iat'] !== undefined && (issuedMs === null || issuedMs > nowMs + issuer.leewayMs)) {
    return rejected('unfit');
  }
  if (issuer.maxAgeMs !== null) {
    if (issuedMs === null) return rejected('unfit');
    notAfterMs = Math.min(notAfterMs, issuedMs + issuer.maxAgeMs + issuer.leewayMs);
  }
  const principal = principalOf(claims, issuer, 'jwt');
  if (principal === null) return rejected('unfit');
  return ok({ principal, notAfterMs, boundTo, keys: issuer.keys, generation });
}

/** RFC 8725 section 3.11: a token of one kind must not be taken for one of another. */
function isOfType({ typ }: JsonObject, types: readonly string[]): boolean {
  if (typ === undefined) return types.includes('none');
  if (typeof typ !== 'string') return false;
  // RFC 7515 section 4.1.9: "application/" may be left out, and case does not count.
  return types.includes(typ.toLowerCase().replace(/^application\//u, ''));
}

function isForParty(claims: JsonObject, parties: readonly string[] | null): boolean {
  if (parties === null) return true;
  const named = [claims['azp'], claims['client_id']].filter((value) => value !== undefined);
  return (
    named.length > 0 && named.every((value) => typeof value === 'string' && parties.includes(value))
  );
}

/** NumericDate (RFC 7519 section 2) in milliseconds; null for what is none. */
const timeOf = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value * 1_000 : null;

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
