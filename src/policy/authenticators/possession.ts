/**
 * Whether whoever brings a proven token may use it: its tenant and user are there, and what it is bound
 * to (RFC 7800) is held by the caller. One place for every kind of token, so that none is a bearer's by
 * oversight.
 */
import type { Principal } from '#domain/principal.ts';
import { isJsonObject, type JsonValue } from '#stdx/json.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok } from '#stdx/result.ts';

import type { Authentication, Credential, ProofVerifier } from './authenticator.ts';
import { rejected } from './rejected.ts';

/** Whether a person or a tenant that a proof names may be let in at all, and with what. */
export interface People {
  isSuspended(tenant: string, user: string | null): boolean;
  /** Whether tokens that anybody can use who has them are worth nothing there. */
  needsBoundTokens(tenant: string): boolean;
}

/** A certificate (RFC 8705) or a key that signs proofs (RFC 9449), by its SHA-256 thumbprint. */
export interface Confirmation {
  readonly kind: 'certificate' | 'dpop';
  readonly thumbprint: string;
}

export interface PossessionPorts {
  readonly people: People;
  /** Null: proofs are not taken here, and tokens that need one are worth nothing. */
  readonly dpop: ProofVerifier | null;
}

/**
 * Null where a token is bound to nothing. Undefined: to something whose proof nobody asks for here, so
 * that it is worth nothing.
 */
export function confirmationOf(cnf: JsonValue | undefined): Confirmation | null | undefined {
  if (cnf === undefined) return null;
  if (!isJsonObject(cnf)) return undefined;
  const [member, ...others] = Object.entries(cnf);
  if (member === undefined || others.length > 0) return undefined;
  const [name, thumbprint] = member;
  if (typeof thumbprint !== 'string') return undefined;
  if (name === 'x5t#S256') return { kind: 'certificate', thumbprint };
  return name === 'jkt' ? { kind: 'dpop', thumbprint } : undefined;
}

export interface ProvenToken {
  readonly principal: Principal;
  readonly boundTo: Confirmation | null;
}

export function admitToken(
  { principal, boundTo }: ProvenToken,
  credential: Credential,
  { people, dpop }: PossessionPorts,
): MaybePromise<Authentication> {
  const { tenant, user } = principal;
  if (people.isSuspended(tenant, user)) return rejected('suspended');
  const { proof = null, certificate = null } = credential;
  if (boundTo?.kind === 'dpop') {
    if (dpop === null || proof === null) return rejected('unfit');
    const { thumbprint: expected } = boundTo;
    const holder = principal.keyId ?? expected;
    return proven(principal, dpop.verify({ ...proof, token: credential.token, expected, holder }));
  }
  // RFC 9449 section 7.1: who says that it brings a proof must bring one that the token asks for.
  if (proof !== null) return rejected('unfit');
  if (boundTo === null) return people.needsBoundTokens(tenant) ? rejected('unfit') : ok(principal);
  return boundTo.thumbprint === certificate?.thumbprint ? ok(principal) : rejected('unfit');
}

async function proven(
  principal: Principal,
  verifying: ReturnType<ProofVerifier['verify']>,
): Promise<Authentication> {
  const verified = await verifying;
  if (verified.ok) return ok(principal);
  if (verified.error === 'full') return err({ reason: 'issuer-unavailable' });
  return rejected(verified.error);
}
