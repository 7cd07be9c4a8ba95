/** When the certificates of our listeners end, for whoever has to renew them. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Config } from '#config/config.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Labels } from '#telemetry/metrics.ts';

/** Files are read again after this: a certificate is renewed once in weeks. */
const KEPT_MS = 60_000;

/** Seconds since 1970 by listener; 0: it has none, or none that can be read. */
export function certificateEnds(
  config: () => Pick<Config, 'server' | 'admin'>,
  clock: Clock,
): () => readonly (readonly [Labels, number])[] {
  let readMs = Number.NEGATIVE_INFINITY;
  let ends: readonly (readonly [Labels, number])[] = [];
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - readMs < KEPT_MS) return ends;
    readMs = nowMs;
    const { server, admin } = config();
    ends = [
      [{ listener: 'data' }, endOf(server.tls?.cert)],
      [{ listener: 'admin' }, endOf(admin.tls?.cert)],
    ];
    return ends;
  };
}

function endOf(path: string | undefined): number {
  if (path === undefined) return 0;
  try {
    return new X509Certificate(readFileSync(path)).validToDate.getTime() / 1_000;
  } catch {
    // It is being replaced, or was taken away: what is served is what was read before.
    return 0;
  }
}
