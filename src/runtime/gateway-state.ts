/** What is read of a gateway when somebody asks for its metrics. */
import type { Upstream } from '#gateway/upstreams.ts';
import type { GatewayState } from '#telemetry/gateway-metrics.ts';

import type { World } from './world.ts';

export interface GatewayReads {
  readonly inFlight: () => number;
  readonly upstreams: () => readonly Upstream[];
}

export const gatewayState = (
  { limitStore, audit }: Pick<World, 'limitStore' | 'audit'>,
  { inFlight, upstreams }: GatewayReads,
): GatewayState => ({
  inFlight,
  openReservations: () => limitStore.openCount,
  auditSeq: () => audit.status().lastSeq,
  isAuditTaking: () => audit.status().state === 'ok',
  breakers: () =>
    upstreams().map(({ deployment, breaker }) => [
      { deployment: deployment.id },
      breaker.state === 'closed' ? 0 : 1,
    ]),
});
