/**
 * Streams of events that are open. Each holds a connection and a queue, so there are only so many; and the
 * administrators of one tenant cannot take the places of all others.
 */
import type { ServerResponse } from 'node:http';

export const STREAMS_MAX = 64;
export const STREAMS_PER_TENANT_MAX = 16;

export class OpenStreams {
  readonly #tenants = new Map<object, string | null>();

  /** False: there is no room. The place is free again when the response is closed. */
  take(response: Pick<ServerResponse, 'on'>, tenant: string | null): boolean {
    const open = [...this.#tenants.values()];
    if (open.length >= STREAMS_MAX) return false;
    const own = open.filter((one) => tenant !== null && one === tenant).length;
    if (own >= STREAMS_PER_TENANT_MAX) return false;
    this.#tenants.set(response, tenant);
    response.on('close', () => this.#tenants.delete(response));
    return true;
  }
}
