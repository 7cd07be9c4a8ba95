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
  readonly pepperVersion: number;
  readonly notAfterMs: number | null;
}

export interface StoredKey {
  readonly principal: Principal;
  readonly mode: 'live' | 'test';
  readonly secrets: readonly StoredSecret[];
  readonly expiresMs: number | null;
  readonly isRevoked: boolean;
  /** Its tenant, its user or its team is suspended. */
  readonly isSuspended: boolean;
}

export interface KeyStore {
  /** At once where the record is in memory. */
  find(id: string): MaybePromise<StoredKey | undefined>;
  /** By version; the newest is used for an id that nobody knows. */
  pepper(version: number | 'newest'): Uint8Array;
}

const NO_MAC = Buffer.alloc(32);
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
  const check = (token: string, offered: ApiKeyParts, stored: StoredKey | undefined) => {
    const { id, secret, mode } = offered;
    const nowMs = clock.nowMs();
    const digest = hash('sha256', token, 'base64');
    const known = accepted.get(digest);
    const isKnown =
      known !== undefined && known.stored === stored && !isPast(known.notAfterMs, nowMs);
    if (!isKnown) {
      const match = secretOf(stored, { id, secret, nowMs, keys });
      if (match === null || stored === undefined) return rejected('unknown');
      accepted.set(digest, { stored, notAfterMs: match.notAfterMs });
    }
    if (stored === undefined) return rejected('unknown');
    if (stored.mode !== mode) return rejected('unknown', id);
    if (stored.isRevoked) return rejected('revoked', id);
    if (isPast(stored.expiresMs, nowMs)) return rejected('expired', id);
    if (stored.isSuspended) return rejected('suspended', id);
    return ok(stored.principal);
  };
  return {
    name: 'api-key',
    authenticate({ token }): MaybePromise<Authentication> {
      if (!looksLikeApiKey(token)) return 'absent';
      const parts = parseApiKey(token);
      if (parts === null) return rejected('malformed');
      return andThen(keys.find(parts.id), (stored): Authentication => check(token, parts, stored));
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

/** Hashes and compares in every case, so that timing tells nobody which ids exist. */
function secretOf(stored: StoredKey | undefined, offer: Offer): StoredSecret | null {
  const { id, secret, nowMs, keys } = offer;
  const current = (stored?.secrets ?? []).filter(({ notAfterMs }) => !isPast(notAfterMs, nowMs));
  let match: StoredSecret | null = null;
  for (const candidate of current) {
    const { mac, pepperVersion } = candidate;
    const offered = macOf(keys.pepper(pepperVersion), id, secret);
    if (mac.length === offered.length && timingSafeEqual(offered, mac)) match = candidate;
  }
  if (current.length === 0) timingSafeEqual(macOf(keys.pepper('newest'), id, secret), NO_MAC);
  return match;
}
