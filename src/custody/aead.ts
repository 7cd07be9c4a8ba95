/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits before the text and the tag of 128 bits
 * after it. A data key encrypts once and a tenant's key a few thousand times, far below the 2^32 that
 * random nonces allow for one key.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

const ALGORITHM = 'aes-256-gcm';
const OPTIONS = { authTagLength: TAG_BYTES } as const;

export type AeadKey = KeyObject | Uint8Array;

export function encrypt(key: AeadKey, plain: Uint8Array, data: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS).setAAD(data);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Null for everything that was not encrypted so, with this key, over this data. */
export function decrypt(key: AeadKey, sealed: Buffer, data: Uint8Array): Buffer | null {
  if (sealed.length < OVERHEAD_BYTES) return null;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), OPTIONS);
  decipher.setAAD(data).setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, end));
  try {
    // Of GCM, the last step gives no more bytes: it compares the tags.
    decipher.final();
    return plain;
  } catch {
    // The one thing that it can say is that the tag is wrong. What was decrypted is nobody's to see.
    plain.fill(0);
    return null;
  }
}
