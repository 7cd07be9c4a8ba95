/** A provider as the gateway uses it: its adapter, and the way to it. */
import type { KeptSecret } from '#domain/secret.ts';
import type { WireRequest } from '#providers/provider.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import type { UpstreamBody } from './upstream-body.ts';

export interface UpstreamHead {
  readonly status: number;
  /** Lower-case names. Only what we read by name is ever passed on. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: UpstreamBody;
}

/** Sends one request, once. Throws a `Fault`; never retries. */
export interface ProviderPort {
  send(
    request: WireRequest,
    cancellation: Cancellation,
    more?: readonly string[],
    /** In place of the port's own. */
    secret?: KeptSecret | null,
  ): Promise<UpstreamHead>;
  close(): Promise<void>;
}
