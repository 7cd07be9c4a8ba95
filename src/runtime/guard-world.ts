/** What guards may use of the world, for one configuration: ways to the services that they name. */
import type { GuardWorldWithin } from '#config/guards-section.ts';
import { GuardPort } from '#gateway/guard-http.ts';
import type { ToolPins } from '#policy/guards/guard.ts';
import type { Clock } from '#stdx/clock.ts';

export interface GuardWays {
  readonly within: GuardWorldWithin;
  close(): Promise<void>;
}

export function openGuardWays(clock: Clock, pins: ToolPins): GuardWays {
  const ports: GuardPort[] = [];
  return {
    within: (timeoutMs) => ({
      pins,
      http(options) {
        const port = new GuardPort(options, timeoutMs, clock);
        ports.push(port);
        return port;
      },
    }),
    async close() {
      await Promise.all(ports.map((port) => port.close()));
    },
  };
}
