/** A root key for tests: made now, in memory. */
import { randomBytes } from 'node:crypto';

import { decrypt, encrypt } from '#custody/aead.ts';
import type { RootKey } from '#custody/roots/root.ts';

export function testRoot(name = 'test-1'): RootKey {
  const key = randomBytes(32);
  return {
    holds: (root) => root === name,
    newest: async () => name,
    wrap: async (bytes, data) => ({
      root: name,
      wrapped: encrypt(key, bytes, data).toString('base64url'),
    }),
    unwrap: async ({ root, wrapped }, data) =>
      root === name ? decrypt(key, Buffer.from(wrapped, 'base64url'), data) : null,
  };
}
