/** A root key whose bytes are in this process, wherever they came from. */
import { createHmac } from 'node:crypto';

import { Fault } from '#domain/fault.ts';

import { decrypt, encrypt } from '../aead.ts';
import type { RootKey } from './root.ts';

/** The newest first. */
export type LocalKeys = readonly [Uint8Array, ...(readonly Uint8Array[])];

/**
 * A key is named by a fingerprint of itself: a file that was made anew, or a variable that somebody
 * changed, is then seen at start and not at the first secret that does not open.
 */
export const fingerprintOf = (key: Uint8Array): string =>
  `local/${createHmac('sha256', key).update('llmproxy root key').digest('hex').slice(0, 16)}`;

/** `read` is asked again where a version is not known and when something is wrapped: files grow. */
export function localRoot(read: () => LocalKeys): RootKey {
  let keys = read();
  const find = (root: string): Uint8Array | undefined =>
    keys.find((key) => fingerprintOf(key) === root);
  const known = (root: string): Uint8Array | undefined => {
    const key = find(root);
    if (key !== undefined) return key;
    keys = reread(read);
    return find(root);
  };
  const newest = (): Uint8Array => {
    keys = reread(read);
    return keys[0];
  };
  return {
    holds: (root) => known(root) !== undefined,
    newest: () => Promise.resolve(fingerprintOf(newest())),
    wrap: (plain, data) => {
      const key = newest();
      const wrapped = encrypt(key, plain, data).toString('base64url');
      return Promise.resolve({ root: fingerprintOf(key), wrapped });
    },
    unwrap: ({ root, wrapped }, data) => {
      const key = known(root);
      if (key === undefined) {
        return Promise.reject(new Fault('secret-unavailable', 'a root key that is not here'));
      }
      return Promise.resolve(decrypt(key, Buffer.from(wrapped, 'base64url'), data));
    },
  };
}

function reread(read: () => LocalKeys): LocalKeys {
  try {
    return read();
  } catch {
    // The words for the operator were said at start; here it is a fault like any other.
    throw new Fault('secret-unavailable', 'the root key cannot be read any more');
  }
}
