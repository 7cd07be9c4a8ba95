/** What is read of a gateway when somebody asks for its metrics. */
import type { Config } from '#config/config.ts';
import type { Upstream } from '#gateway/upstreams.ts';
import type { GatewayState } from '#telemetry/gateway-metrics.ts';

import { certificateEnds } from './certificate-ends.ts';
import type { World } from './world.ts';

export interface GatewayReads {
  readonly inFlight: () => number;
  readonly upstreams: () => readonly Upstream[];
  readonly config: () => Config;
}

export const gatewayState = (
  { limitStore, audit, clock }: Pick<World, 'limitStore' | 'audit' | 'clock'>,
  { inFlight, upstreams, config }: GatewayReads,
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
  certificateEnds: certificateEnds(config, clock),
});
