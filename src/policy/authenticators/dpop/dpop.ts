/**
 * Proofs of possession (RFC 9449): with each request the caller signs, with the key that its token is
 * bound to, which method and address the request is for. A token that was stolen is worth nothing
 * without that key, and a proof that was seen is worth nothing a second time.
 */
import { hash } from 'node:crypto';

import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';

import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { ProofFlaw, ProofVerifier, ProvenRequest } from '../authenticator.ts';
import { readCompact } from '../jwt/compact.ts';
import type { ReplayStore } from './replays.ts';

export const DPOP_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256'];
/** How far the clock of a caller may be ahead of ours. */
const AHEAD_MS = 5_000;
const JTI_CHARS_MAX = 256;
/** Of RSA, base64url: 4,096 bits. A larger key is a way to keep the processor busy. */
const MODULUS_CHARS_MAX = 684;
/** Members of private keys (RFC 7518 section 6): who shows one has given it away. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];

export interface DpopSettings {
  /** Of this gateway, as callers write it. */
  readonly origin: string;
  readonly ageMaxMs: number;
  /** A proof that other gateways could not be asked about counts. */
  readonly goesOnAlone: boolean;
}

/** How long the replay store must remember: as long as any proof can count. */
export const proofWidthMs = (ageMaxMs: number): number => ageMaxMs + AHEAD_MS;

export class DpopVerifier implements ProofVerifier {
  readonly #settings: DpopSettings;
  readonly #replays: ReplayStore;
  readonly #clock: Clock;

  constructor(settings: DpopSettings, replays: ReplayStore, clock: Clock) {
    this.#settings = settings;
    this.#replays = replays;
    this.#clock = clock;
  }

  /**
   * The thumbprint of the key that has signed (RFC 7638), once: the proof is used by asking. One of
   * another key than the token is bound to is not verified and not remembered.
   */
  async verify(request: ProvenRequest): Promise<Result<string, ProofFlaw>> {
    const read = readCompact(request.proof);
    if (read === null || !isProofHeader(read.header)) return err('unfit');
    const id = this.#fits(read.claims, request);
    if (id === null) return err('unfit');
    const { expected, holder } = request;
    let thumbprint: string;
    try {
      const isShown = expected === null || (await shownKeyOf(read.header)) === expected;
      if (!isShown) return err('untrusted');
      const { key } = await jwtVerify(request.proof, EmbeddedJWK, {
        algorithms: DPOP_ALGORITHMS,
        typ: 'dpop+jwt',
        currentDate: new Date(this.#clock.nowMs()),
        clockTolerance: AHEAD_MS / 1_000,
      });
      thumbprint = await calculateJwkThumbprint(key);
    } catch {
      // Its message quotes what was sent.
      return err('untrusted');
    }
    // What was shown may be written in other ways than the key that has signed.
    if (expected !== null && thumbprint !== expected) return err('untrusted');
    const name = hash('sha256', `${thumbprint} ${id}`, 'base64url');
    const claimed = await this.#replays.claim(name, holder);
    if (claimed === 'seen') return err('replayed');
    const isNew = claimed === 'new' || (claimed === 'unasked' && this.#settings.goesOnAlone);
    return isNew ? ok(thumbprint) : err('full');
  }

  /** What the proof calls itself, or null where it is for something else (RFC 9449 section 4.3). */
  #fits(claims: JsonObject, { method, path, token }: ProvenRequest): string | null {
    const { jti, htm, htu, iat, ath } = claims;
    if (typeof jti !== 'string' || jti === '' || jti.length > JTI_CHARS_MAX) return null;
    if (htm !== method || !this.#isFor(htu, path) || !this.#isFresh(iat)) return null;
    const digest = token === null ? undefined : hash('sha256', token, 'base64url');
    return ath === digest ? jti : null;
  }

  #isFor(htu: unknown, path: string): boolean {
    if (typeof htu !== 'string' || !URL.canParse(htu)) return false;
    const url = new URL(htu);
    // Query and fragment do not count; a name or password is no part of an address of ours.
    if (url.username !== '' || url.password !== '') return false;
    return url.origin === this.#settings.origin && url.pathname === path;
  }

  /** A proof of before this process began may have been used before it ended the last time. */
  #isFresh(iat: unknown): boolean {
    if (typeof iat !== 'number' || !Number.isFinite(iat)) return false;
    const [atMs, nowMs] = [iat * 1_000, this.#clock.nowMs()];
    // `iat` is in whole seconds: the second in which we began is taken.
    if (atMs < this.#replays.sinceMs - 1_000) return false;
    return atMs >= nowMs - this.#settings.ageMaxMs && atMs <= nowMs + AHEAD_MS;
  }
}

const shownKeyOf = async ({ jwk }: JsonObject): Promise<string | null> =>
  isJsonObject(jwk) ? await calculateJwkThumbprint(jwk) : null;

function isProofHeader({ typ, alg, jwk, crit, b64 }: JsonObject): boolean {
  if (typ !== 'dpop+jwt' || typeof alg !== 'string' || !DPOP_ALGORITHMS.includes(alg)) return false;
  if (crit !== undefined || b64 !== undefined || !isJsonObject(jwk)) return false;
  if (PRIVATE.some((member) => member in jwk)) return false;
  const { n } = jwk;
  return n === undefined || (typeof n === 'string' && n.length <= MODULUS_CHARS_MAX);
}
