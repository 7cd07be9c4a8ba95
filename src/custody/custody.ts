/**
 * Secrets of providers at rest. Each is encrypted with a data key of its own; the data key is wrapped by
 * the key of the tenant, or of the platform; that one by a root key, which is not in the store. Who
 * opens one says what it is bound to, and where that is not so, nothing opens.
 */
import { randomBytes } from 'node:crypto';

import { Fault } from '#domain/fault.ts';
import { assert } from '#stdx/assert.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { type AeadKey, decrypt, encrypt, KEY_BYTES } from './aead.ts';
import { type Bound, dataKeyData, secretData } from './bound.ts';
import { parseSealed, SECRET_BYTES_MAX, type SealedParts, sealedText } from './sealed.ts';
import type { TenantKeys } from './tenant-keys.ts';

export class Custody {
  readonly #keys: TenantKeys;

  constructor(keys: TenantKeys) {
    this.#keys = keys;
  }

  /** `version`: of the secret, one more than that of the one that it replaces. */
  async seal(bound: Bound, secret: string, version = 1): Promise<string> {
    const plain = Buffer.from(secret, 'utf8');
    assert(plain.length > 0 && plain.length <= SECRET_BYTES_MAX, 'the size of a secret is checked');
    try {
      return await this.#sealed(bound, plain, version);
    } finally {
      plain.fill(0);
    }
  }

  /** `use` gets bytes that are zeros when it has returned. Rejects, or throws, a `Fault`. */
  open<T>(bound: Bound, sealed: string, use: (plain: Buffer) => T): MaybePromise<T> {
    const parts = partsOf(sealed);
    return andThen(this.#keys.of(bound.tenant, parts.keyNumber), (key) => {
      const plain = opened(bound, parts, key);
      try {
        return use(plain);
      } finally {
        plain.fill(0);
      }
    });
  }

  /** Its data key under the newest key of the tenant; null: it is. The secret itself is not opened. */
  async rewrapped(bound: Bound, sealed: string): Promise<string | null> {
    const parts = partsOf(sealed);
    const newest = await this.#keys.newest(bound.tenant);
    if (newest.number === parts.keyNumber) return null;
    const dataKey = dataKeyOf(bound, parts, await this.#keys.of(bound.tenant, parts.keyNumber));
    const { version } = parts;
    const keyNumber = newest.number;
    const wrapped = encrypt(newest.key, dataKey, dataKeyData(bound, version, keyNumber));
    dataKey.fill(0);
    return sealedText({ ...parts, keyNumber, dataKey: wrapped });
  }

  /** The same secret under a data key of its own that is new. */
  async resealed(bound: Bound, sealed: string): Promise<string> {
    const { keyNumber, version, ...parts } = partsOf(sealed);
    const key = await this.#keys.of(bound.tenant, keyNumber);
    const plain = opened(bound, { keyNumber, version, ...parts }, key);
    try {
      return await this.#sealed(bound, plain, version + 1);
    } finally {
      plain.fill(0);
    }
  }

  async #sealed(bound: Bound, plain: Buffer, version: number): Promise<string> {
    const { number, key } = await this.#keys.newest(bound.tenant);
    const dataKey = randomBytes(KEY_BYTES);
    const text = encrypt(dataKey, plain, secretData(bound, version));
    const wrapped = encrypt(key, dataKey, dataKeyData(bound, version, number));
    dataKey.fill(0);
    return sealedText({ keyNumber: number, version, dataKey: wrapped, text });
  }
}

function partsOf(sealed: string): SealedParts {
  const parts = parseSealed(sealed);
  if (parts === null) throw new Fault('secret-unreadable', 'a secret that is not written as one');
  return parts;
}

function dataKeyOf(bound: Bound, parts: SealedParts, key: AeadKey): Buffer {
  const { dataKey, version, keyNumber } = parts;
  const plain = decrypt(key, dataKey, dataKeyData(bound, version, keyNumber));
  if (plain === null) throw new Fault('secret-unreadable', 'a secret of somebody else, or changed');
  return plain;
}

function opened(bound: Bound, parts: SealedParts, key: AeadKey): Buffer {
  const dataKey = dataKeyOf(bound, parts, key);
  const plain = decrypt(dataKey, parts.text, secretData(bound, parts.version));
  dataKey.fill(0);
  if (plain === null)
    throw new Fault('secret-unreadable', 'a secret for another place, or changed');
  return plain;
}
