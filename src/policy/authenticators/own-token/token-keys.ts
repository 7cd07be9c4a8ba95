/**
 * Keys that sign tokens of this gateway: Ed25519, derived from the peppers. So there is no other file
 * to keep, every instance with the same peppers signs and verifies alike, and a new pepper is a new key.
 */
import {
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

export interface PepperSource {
  readonly newest: number;
  of(version: number): Uint8Array;
}

/** RFC 8410 section 7: what stands before the seed of an Ed25519 key in PKCS #8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const PURPOSE = 'llmproxy access tokens 1';
const KID = /^llmproxy-(?<version>[1-9]\d{0,8})$/u;
/** Versions whose tokens may still be alive: the newest, and the one before it. */
const VERSIONS_MAX = 2;

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export class TokenKeys {
  readonly #peppers: PepperSource;
  readonly #pairs = new Map<number, Pair>();

  constructor(peppers: PepperSource) {
    this.#peppers = peppers;
  }

  /** The compact form of a signed token (RFC 7515, RFC 9068). */
  sign(claims: JsonObject): string {
    const version = this.#peppers.newest;
    const header = { alg: 'EdDSA', kid: `llmproxy-${version}`, typ: 'at+jwt' };
    const input = `${part(header)}.${part(claims)}`;
    const signature = sign(null, Buffer.from(input), this.#pair(version).privateKey);
    return `${input}.${signature.toString('base64url')}`;
  }

  /** Whether this `kid` is one of ours that counts; then nobody else may answer for the token. */
  isOwn(kid: unknown): kid is string {
    return this.#versionOf(kid) !== null;
  }

  verifies(kid: string, input: string, signature: Buffer): boolean {
    const version = this.#versionOf(kid);
    if (version === null) return false;
    return verify(null, Buffer.from(input), this.#pair(version).publicKey, signature);
  }

  /** RFC 7517. */
  jwks(): JsonObject {
    const keys = this.#versions().map((version) => {
      const jwk = this.#pair(version).publicKey.export({ format: 'jwk' });
      const members = parseJson(JSON.stringify(jwk));
      assert(isJsonObject(members), 'a key is an object');
      return { ...members, kid: `llmproxy-${version}`, alg: 'EdDSA', use: 'sig' };
    });
    return { keys };
  }

  #versions(): number[] {
    const { newest } = this.#peppers;
    return [newest, newest - 1].slice(0, VERSIONS_MAX).filter((version) => version > 0);
  }

  #versionOf(kid: unknown): number | null {
    const text = typeof kid === 'string' ? KID.exec(kid)?.groups?.['version'] : undefined;
    const version = Number(text);
    return this.#versions().includes(version) ? version : null;
  }

  #pair(version: number): Pair {
    const known = this.#pairs.get(version);
    if (known !== undefined) return known;
    const seed = Buffer.from(hkdfSync('sha256', this.#peppers.of(version), '', PURPOSE, 32));
    const privateKey = createPrivateKey({
      key: Buffer.concat([PKCS8_HEAD, seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const pair = { privateKey, publicKey: createPublicKey(privateKey) };
    this.#pairs.set(version, pair);
    return pair;
  }
}

const part = (value: JsonObject): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');
