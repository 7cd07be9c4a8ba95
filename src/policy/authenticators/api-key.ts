/**
 * Keys that the gateway issued. We store a keyed hash and never a key; form and checksum are checked
 * before any look-up; an unknown id costs what a wrong secret costs.
 */
import { hash, timingSafeEqual } from 'node:crypto';

import type { Principal } from '#domain/principal.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { ok } from '#stdx/result.ts';

import { type ApiKeyParts, looksLikeApiKey, macOf, parseApiKey } from './api-key-format.ts';
import type { Authentication, Authenticator } from './authenticator.ts';
import { rejected } from './rejected.ts';

/** One secret of a key. Two live side by side while a key is rotated. */
export interface StoredSecret {
  readonly mac: Uint8Array;
  readonly pepperVersion: number | 'newest';
  readonly notAfterMs: number | null;
}

export interface StoredKey {
  readonly principal: Principal;
  readonly mode: 'live' | 'test';
  readonly secrets: readonly StoredSecret[];
  readonly expiresMs: number | null;
  /**
   * Why it is worth nothing, whoever brings it; null: it counts. `suspended`: its tenant, its user or
   * its team is. A key is never worth more than the keys above it.
   */
  readonly flaw: 'revoked' | 'suspended' | 'quarantined' | 'honey' | null;
}

/** Of a key whose secret was right, or of one that a token stands in for. */
export function answerOf({ principal, flaw, expiresMs }: StoredKey, nowMs: number): Authentication {
  if (flaw !== null) return rejected(flaw, ofKey({ principal }));
  return isPast(expiresMs, nowMs) ? rejected('expired', ofKey({ principal })) : ok(principal);
}

const ofKey = ({ principal }: Pick<StoredKey, 'principal'>) => ({
  keyId: principal.keyId ?? '',
  tenant: principal.tenant,
});

export interface KeyStore {
  /** At once where the record is in memory. */
  find(id: string): MaybePromise<StoredKey | undefined>;
  /** By version; the newest is used for an id that nobody knows. */
  pepper(version: number | 'newest'): Uint8Array;
}

/** A key has one secret, or two while it is rotated. */
const SECRETS_MAX = 2;
const noSecret = (): StoredSecret => ({
  mac: Buffer.alloc(32),
  pepperVersion: 'newest',
  notAfterMs: null,
});
const NO_SECRET = noSecret();
/** Stands where there is no key, so that the same is done for it. */
const NOBODY: StoredKey = {
  principal: {
    tenant: '',
    team: null,
    user: null,
    serviceAccount: null,
    keyId: null,
    roles: [],
    claims: {},
    provenBy: 'api-key',
    scope: null,
    parent: null,
    run: null,
  },
  mode: 'live',
  // An object of its own, as that of a key is: reading one object twice is faster than two.
  secrets: [noSecret()],
  expiresMs: null,
  flaw: null,
};
const ACCEPTED_MAX = 10_000;

/** A token that was accepted, and the record that it was compared with. */
interface Accepted {
  readonly stored: StoredKey;
  readonly notAfterMs: number | null;
}

export function apiKeyAuthenticator(keys: KeyStore, clock: Clock): Authenticator {
  /**
   * By SHA-256 of the whole token, so that two tokens never share an entry. It saves the keyed hash
   * and nothing else: the record is looked up each time, and one that was renewed is compared anew.
   */
  const accepted = new Lru<string, Accepted>(ACCEPTED_MAX);
  const check = (token: string, offered: ApiKeyParts, stored: StoredKey): Authentication => {
    const { id, secret, mode } = offered;
    const nowMs = clock.nowMs();
    const digest = hash('sha256', token, 'base64');
    const known = accepted.get(digest);
    const isKnown =
      known !== undefined && known.stored === stored && !isPast(known.notAfterMs, nowMs);
    if (!isKnown) {
      const match = secretOf(stored, { id, secret, nowMs, keys });
      // Not even one branch more for one than for the other.
      if (match === null)
        return rejected('unknown', { keyId: id, tenant: stored.principal.tenant });
      accepted.set(digest, { stored, notAfterMs: match.notAfterMs });
    }
    if (stored.mode !== mode) return rejected('unknown', ofKey(stored));
    return answerOf(stored, nowMs);
  };
  return {
    name: 'api-key',
    authenticate({ token, proof = null }): MaybePromise<Authentication> {
      if (!looksLikeApiKey(token)) return 'absent';
      // A key is bound to nothing: who says that it brings a proof for it is mistaken about one of them.
      if (proof !== null) return rejected('unfit');
      const parts = parseApiKey(token);
      if (parts === null) return rejected('malformed');
      return andThen(keys.find(parts.id), (stored = NOBODY): Authentication =>
        check(token, parts, stored),
      );
    },
  };
}

const isPast = (ms: number | null, nowMs: number): boolean => ms !== null && ms <= nowMs;

interface Offer {
  readonly id: string;
  readonly secret: string;
  readonly nowMs: number;
  readonly keys: KeyStore;
}

/**
 * Hashes and compares as often for a key that is not there, is being rotated or has one secret: how
 * long it takes tells nobody which of these it was (`tests/attacks/auth-06-key-timing.test.ts`).
 */
function secretOf({ secrets }: StoredKey, offer: Offer): StoredSecret | null {
  const { id, secret, nowMs, keys } = offer;
  let match: StoredSecret | null = null;
  for (let index = 0; index < SECRETS_MAX; index += 1) {
    const candidate = secrets[index] ?? NO_SECRET;
    const { mac, pepperVersion, notAfterMs } = candidate;
    const offered = macOf(keys.pepper(pepperVersion), id, secret);
    const isSame = mac.length === offered.length && timingSafeEqual(offered, mac);
    if (isSame && candidate !== NO_SECRET && !isPast(notAfterMs, nowMs)) match = candidate;
  }
  return match;
}
