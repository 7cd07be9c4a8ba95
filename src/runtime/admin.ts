/** The admin listener: health, metrics, the admin API and the dashboard, apart from the data plane. */
import type { Health } from '#server/health.ts';
import { answerHealth } from '#server/health.ts';
import { Listener } from '#server/listener.ts';

import type { BuiltUpstreams } from './build-upstreams.ts';
import { type ReloadResult, type Source, startListener, tlsOf, urlOf } from './serve.ts';
import type { World } from './world.ts';

export interface AdminParts {
  readonly world: World;
  readonly source: () => Source;
  readonly searchesPorts: boolean;
  readonly health: Health;
  readonly reload: () => Promise<ReloadResult>;
  readonly version: string;
  readonly policyVersion: () => string;
  readonly lastReload: () => string | null;
  readonly inFlight: () => number;
  readonly upstreams: () => BuiltUpstreams;
  readonly dataUrl: string;
}

export interface RunningAdmin {
  readonly url: string;
  readonly token: string | null;
  stop(): Promise<void>;
}

export async function openAdmin(parts: AdminParts): Promise<RunningAdmin> {
  const source = parts.source();
  const { listen, tls } = source.config.admin;
  let listener: Listener | null = null;
  const { host, port } = await startListener(listen.port, parts.searchesPorts, (at) => {
    listener = new Listener(
      { host: listen.host, port: at, tls: tlsOf(tls, source), connectionsMax: 256, headersTimeoutMs: 10_000, requestTimeoutMs: 30_000, keepAliveTimeoutMs: 75_000 },
      (request, response) => {
        answerHealth(request.url ?? '', response, parts.health);
      },
    );
    return listener;
  });
  return {
    url: urlOf(host, port, tls !== null),
    token: null,
    async stop() {
      await listener?.drain(1_000);
    },
  };
}
