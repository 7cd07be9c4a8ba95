/** The bindings of provider-held state in the store: by the hash of an id, and for a time. */
import { hash } from 'node:crypto';

import type { HeldStatePort } from '#gateway/held-state-port.ts';
import type { Clock } from '#stdx/clock.ts';
import type { HeldStates } from '#storage/storage.ts';

/**
 * As long as OpenAI says that it keeps a stored response. What it keeps longer (conversations) is
 * named again in every answer of it, which renews its binding; what it keeps shorter (containers)
 * it refuses itself.
 */
export const HELD_STATE_MS = 30 * 24 * 3_600_000;

/** A store that is read by somebody else gives no ids away: they are a right to what they name. */
const hashOf = (id: string): string => hash('sha256', id, 'base64url');

export function heldStatePort(
  { heldState }: { readonly heldState: HeldStates },
  clock: Clock,
): HeldStatePort {
  return {
    async find(ids) {
      const byHash = new Map(ids.map((id) => [hashOf(id), id]));
      const found = await heldState.find([...byHash.keys()], clock.nowMs());
      return found.flatMap(({ idHash, tenant, owner, deployment }) => {
        const id = byHash.get(idHash);
        return id === undefined ? [] : [{ id, tenant, owner, deployment }];
      });
    },
    async keep(bindings) {
      const nowMs = clock.nowMs();
      const expiresMs = nowMs + HELD_STATE_MS;
      await heldState.keep(
        bindings.map(({ id, ...owner }) => ({ idHash: hashOf(id), ...owner, expiresMs })),
        nowMs,
      );
    },
  };
}
