/** Ed25519 keys that follow from a secret: the same wherever the secret is, and another for each purpose. */
import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';

/** RFC 8410 section 7: what stands before the seed of an Ed25519 key in PKCS #8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** HKDF (RFC 5869) of `secret`, with `purpose` as its info, is the seed of the private key. */
export function derivedKey(secret: Uint8Array, purpose: string): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', purpose, SEED_BYTES));
  return createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]),
    format: 'der',
    type: 'pkcs8',
  });
}
