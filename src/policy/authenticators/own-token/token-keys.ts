/**
 * Keys that sign tokens of this gateway: Ed25519, derived from the peppers. So there is no other file
 * to keep, every instance with the same peppers signs and verifies alike, and a new pepper is a new key.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

import { assert } from '#stdx/assert.ts';
import { derivedKey } from '#stdx/derived-key.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

export interface PepperSource {
  readonly newest: number;
  of(version: number): Uint8Array;
}

const PURPOSE = 'llmproxy access tokens 1';
/** Versions whose tokens may still be alive: the newest, and the one before it. */
const VERSIONS_MAX = 2;

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The first part of every token that it signs: the same text each time. */
  readonly header: string;
}

export class TokenKeys {
  readonly #peppers: PepperSource;
  readonly #pairs = new Map<number, Pair>();

  constructor(peppers: PepperSource) {
    this.#peppers = peppers;
  }

  /** The compact form of a signed token (RFC 7515, RFC 9068). */
  sign(claims: JsonObject): string {
    const { header, privateKey } = this.#pair(this.#peppers.newest);
    const input = `${header}.${part(claims)}`;
    return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
  }

  /**
   * Whether we signed it; null: it does not claim that. Algorithm, type and key are one text that we
   * wrote, so that nothing of a header is read, and a token of another issuer costs one comparison.
   */
  check(token: string): boolean | null {
    const headerEnd = token.indexOf('.');
    const inputEnd = token.lastIndexOf('.');
    const header = token.slice(0, headerEnd);
    const pair = this.#versions()
      .map((version) => this.#pair(version))
      .find((one) => one.header === header);
    if (pair === undefined) return null;
    const signature = Buffer.from(token.slice(inputEnd + 1), 'base64url');
    // One signature has one writing: another one would be another token in every cache and log.
    if (signature.toString('base64url') !== token.slice(inputEnd + 1)) return false;
    return verify(null, Buffer.from(token.slice(0, inputEnd)), pair.publicKey, signature);
  }

  /** RFC 7517. */
  jwks(): JsonObject {
    const keys = this.#versions().map((version) => {
      const jwk = this.#pair(version).publicKey.export({ format: 'jwk' });
      const members = parseJson(JSON.stringify(jwk));
      assert(isJsonObject(members), 'a key is an object');
      return { ...members, kid: kidOf(version), alg: 'EdDSA', use: 'sig' };
    });
    return { keys };
  }

  #versions(): number[] {
    const { newest } = this.#peppers;
    return [newest, newest - 1].slice(0, VERSIONS_MAX).filter((version) => version > 0);
  }

  #pair(version: number): Pair {
    const known = this.#pairs.get(version);
    if (known !== undefined) return known;
    const privateKey = derivedKey(this.#peppers.of(version), PURPOSE);
    const header = part({ alg: 'EdDSA', kid: kidOf(version), typ: 'at+jwt' });
    const pair = { privateKey, publicKey: createPublicKey(privateKey), header };
    this.#pairs.set(version, pair);
    return pair;
  }
}

const kidOf = (version: number): string => `llmproxy-${version}`;

const part = (value: JsonObject): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');
