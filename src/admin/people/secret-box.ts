/**
 * Small secrets in the store and in cookies, encrypted and bound to what they are for: AES-256-GCM
 * with a key derived from the pepper. A box of one purpose or owner does not open as another's.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import type { Peppers } from '#config/peppers.ts';

const BOX = /^(?<version>[0-9]{1,6})\.(?<box>[A-Za-z0-9_-]{38,4000})$/u;
const IV_BYTES = 12;
const TAG_BYTES = 16;

function keyOf(peppers: Peppers, version: number, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', peppers.of(version), '', `llmproxy ${purpose}`, 32));
}

/** `bound`: whose it is, or when it ends: a box opens only where the same is said. */
export function seal(text: string, purpose: string, bound: string, peppers: Peppers): string {
  const version = peppers.newest;
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(peppers, version, purpose), iv);
  cipher.setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${version}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
}

/** Null: it is no box of this purpose, bound to this. */
export function unseal(
  text: string,
  purpose: string,
  bound: string,
  peppers: Peppers,
): string | null {
  const { version, box } = BOX.exec(text)?.groups ?? {};
  if (version === undefined || box === undefined || Number(version) > peppers.newest) return null;
  const bytes = Buffer.from(box, 'base64url');
  const iv = bytes.subarray(0, IV_BYTES);
  const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  try {
    const key = keyOf(peppers, Number(version), purpose);
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(bound));
    decipher.setAuthTag(tag);
    const opened = [decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(opened).toString('utf8');
  } catch {
    // Forged, of another purpose, or of a pepper that is gone: it says nothing.
    return null;
  }
}

/** A keyed hash that only this gateway can make, as hex, with the pepper's version before it. */
export function keyedHash(
  text: string,
  purpose: string,
  peppers: Peppers,
  version = peppers.newest,
): string {
  const key = keyOf(peppers, version, purpose);
  return `${version}.${createHmac('sha256', key).update(text).digest('hex')}`;
}
