/**
 * The public keys of one issuer (RFC 7517), found by `kid` alone. A key is used for the algorithms of
 * its own kind that the operator allowed, and never for what a token's header would like.
 *
 * Keys are read again when they are old; while the issuer is down the old ones serve, for a day. A
 * `kid` that nobody knows reads them again at most once in 30 seconds, however many tokens name one.
 */
import { type CryptoKey, importJWK, type JWK } from 'jose';

import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

export const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
export const curveAlgorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;
export type Algorithm = (typeof algorithms)[number] | (typeof curveAlgorithms)[number];

/** Older keys are read again, beside the call that finds them old. */
const FRESH_MS = 5 * 60_000;
/** How long keys serve that could not be read again. A key that leaked must end some day. */
const STALE_MS_MAX = 24 * 3_600_000;
const BETWEEN_READS_MS = 30_000;
const KEYS_MAX = 100;

export interface PublicKey {
  readonly algorithm: Algorithm;
  readonly key: CryptoKey;
  /** Of the key set that it was found in. */
  readonly generation: number;
}

/** Reads the JWK Set, with a deadline. Rejects where that failed. */
export type ReadKeys = () => Promise<JsonValue>;

export class IssuerKeys {
  readonly #read: ReadKeys;
  readonly #allowed: ReadonlySet<string>;
  readonly #clock: Clock;
  /** By `kid`, then by algorithm. A key without `kid` is under `''`. */
  #keys: ReadonlyMap<string, readonly JsonObject[]> | null = null;
  readonly #imported = new Map<JsonObject, Map<string, CryptoKey>>();
  #text = '';
  #readAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  #hasFailed = false;
  #generation = 0;
  /** Called when a key is no longer what it was: what it proved must be proven again. */
  onChange: () => void = () => {};

  constructor(read: ReadKeys, allowed: readonly Algorithm[], clock: Clock) {
    this.#read = read;
    this.#allowed = new Set(allowed);
    this.#clock = clock;
  }

  /** Changes with the key set: what an older one proved must be proven again. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Whether what these keys have proven may still count. Asked with every use of it, so that keys are
   * read again also where no new token comes; false where they could not be, for a day.
   */
  stillCount(): boolean {
    const ageMs = this.#clock.monotonicMs() - this.#readAtMs;
    if (ageMs >= STALE_MS_MAX) return false;
    if (ageMs >= FRESH_MS && this.#mayRead()) this.#again().catch(() => {});
    return true;
  }

  /** Null: there is no such key. Rejects where no keys could ever be read, or not for a day. */
  async find(kid: string | null, algorithm: string): Promise<PublicKey | null> {
    if (!this.#allowed.has(algorithm)) return null;
    await this.#renew();
    const known = this.#lookUp(kid, algorithm);
    if (known !== null) return await this.#import(known, algorithm);
    if (this.#reading === null && !this.#mayRead()) {
      // It may be a key that we would have read by now.
      if (this.#hasFailed) throw new Error('keys not read');
      return null;
    }
    await this.#again();
    const found = this.#lookUp(kid, algorithm);
    return found === null ? null : await this.#import(found, algorithm);
  }

  /** Keys at hand, however old they may be; the first time there are none to wait with. */
  async #renew(): Promise<void> {
    const ageMs = this.#clock.monotonicMs() - this.#readAtMs;
    if (this.#keys !== null && ageMs < FRESH_MS) return;
    if (this.#keys !== null && ageMs < STALE_MS_MAX) {
      // Nobody waits for a renewal: the old keys are good until the new ones are here.
      if (this.#mayRead()) this.#again().catch(() => {});
      return;
    }
    if (this.#reading === null && !this.#mayRead()) throw new Error('no keys');
    await this.#again();
  }

  #mayRead(): boolean {
    return this.#clock.monotonicMs() - this.#triedAtMs >= BETWEEN_READS_MS;
  }

  #again(): Promise<void> {
    if (this.#reading !== null) return this.#reading;
    this.#triedAtMs = this.#clock.monotonicMs();
    this.#reading = this.#read()
      .then((set) => {
        this.#take(set);
        this.#hasFailed = false;
      })
      .catch((thrown: unknown) => {
        this.#hasFailed = true;
        throw thrown;
      })
      .finally(() => {
        this.#reading = null;
      });
    return this.#reading;
  }

  /** A set that is no set changes nothing: the issuer is broken, not empty. */
  #take(set: JsonValue): void {
    const list = isJsonObject(set) ? set['keys'] : undefined;
    if (!Array.isArray(list) || list.length > KEYS_MAX) throw new Error('not a JWK Set');
    this.#readAtMs = this.#clock.monotonicMs();
    const text = JSON.stringify(list);
    if (text === this.#text) return;
    const keys = new Map<string, JsonObject[]>();
    for (const key of list) {
      if (!isJsonObject(key) || !isForSignatures(key)) continue;
      const kid = typeof key['kid'] === 'string' ? key['kid'] : '';
      const same = keys.get(kid) ?? [];
      same.push(key);
      keys.set(kid, same);
    }
    this.#keys = keys;
    this.#text = text;
    this.#imported.clear();
    this.#generation += 1;
    this.onChange();
  }

  /** Without a `kid` in the token, the one key that fits; two that fit are none. */
  #lookUp(kid: string | null, algorithm: string): JsonObject | null {
    const keys = this.#keys;
    if (keys === null) return null;
    const candidates = kid === null ? [...keys.values()].flat() : (keys.get(kid) ?? []);
    const fitting = candidates.filter((key) => fits(key, algorithm));
    return fitting.length === 1 ? (fitting[0] ?? null) : null;
  }

  async #import(jwk: JsonObject, algorithm: string): Promise<PublicKey | null> {
    const generation = this.#generation;
    const byAlgorithm = this.#imported.get(jwk) ?? new Map<string, CryptoKey>();
    this.#imported.set(jwk, byAlgorithm);
    let key = byAlgorithm.get(algorithm);
    if (key === undefined) {
      const imported = await importJWK(publicPart(jwk), algorithm).catch(() => null);
      if (imported === null || imported instanceof Uint8Array || imported.type !== 'public') {
        return null;
      }
      key = imported;
      byAlgorithm.set(algorithm, key);
    }
    return isAlgorithm(algorithm) ? { algorithm, key, generation } : null;
  }
}

const ALGORITHMS: ReadonlySet<string> = new Set([...algorithms, ...curveAlgorithms]);
const isAlgorithm = (name: string): name is Algorithm => ALGORITHMS.has(name);

function isForSignatures({ use, key_ops: operations }: JsonObject): boolean {
  if (use !== undefined && use !== 'sig') return false;
  return !Array.isArray(operations) || operations.includes('verify');
}

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
};

/** RFC 7518 section 6: what kind of key an algorithm takes. A key that says its own takes only that. */
function fits({ kty, crv, alg }: JsonObject, algorithm: string): boolean {
  if (alg !== undefined && alg !== algorithm) return false;
  if (/^[RP]S/u.test(algorithm)) return kty === 'RSA';
  if (algorithm.startsWith('ES')) return kty === 'EC' && crv === CURVES[algorithm];
  return kty === 'OKP' && crv === CURVES[algorithm];
}

/** The members that make a public key, and nothing else of what an issuer sent. */
function publicPart(jwk: JsonObject): JWK {
  const part: JWK = { kty: textOf(jwk['kty']) };
  for (const name of ['crv', 'x', 'y', 'n', 'e'] as const) {
    const value = jwk[name];
    if (typeof value === 'string') part[name] = value;
  }
  return part;
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
