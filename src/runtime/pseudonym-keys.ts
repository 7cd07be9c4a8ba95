/**
 * What surrogates are derived from: a key of tenant and caller, itself derived from the pepper, which
 * is not in the database. After a new pepper surrogates are others; nothing that was kept depends on
 * them, because the way back is rebuilt from each request.
 */
import { createHmac } from 'node:crypto';

import type { Peppers } from '#config/peppers.ts';
import { holderOf, type Principal } from '#domain/principal.ts';

export function pseudonymKeys(peppers: Peppers): (principal: Principal) => Uint8Array {
  // A principal lives as long as its credential is cached.
  const known = new WeakMap<Principal, Uint8Array>();
  return (principal) => {
    let key = known.get(principal);
    if (key === undefined) {
      const { tenant, user, keyId } = holderOf(principal);
      // JSON keeps a tenant that is named like a tenant and a user apart from them.
      const owner = JSON.stringify(['pseudonyms', tenant, user, user === null ? keyId : null]);
      key = createHmac('sha256', peppers.of(peppers.newest)).update(owner).digest();
      known.set(principal, key);
    }
    return key;
  };
}
