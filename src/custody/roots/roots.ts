/** The root key that wraps, and those before it that still unwrap, seen as one. */
import { Fault } from '#domain/fault.ts';

import type { RootKey } from './root.ts';

export function rootsOf(current: RootKey, older: readonly RootKey[]): RootKey {
  const all = [current, ...older];
  return {
    holds: (root) => all.some((one) => one.holds(root)),
    newest: () => current.newest(),
    wrap: (key, data) => current.wrap(key, data),
    async unwrap(wrapped, data) {
      const own = all.find((one) => one.holds(wrapped.root));
      if (own === undefined) throw new Fault('secret-unavailable', 'a root key that is not here');
      return await own.unwrap(wrapped, data);
    },
  };
}
