/** What is measured of a store on a server. Names are documented in docs/reference/metrics.md. */
import type { Metrics } from './metrics.ts';

export interface StoreStanding {
  readonly mode: () => string;
  readonly silentMs: () => number;
  readonly keptKeys: () => number;
}

export function storeMetrics(metrics: Metrics, { mode, silentMs, keptKeys }: StoreStanding): void {
  metrics.gauge(
    'llmproxy_store_up',
    '1 while the store answers.',
    () => (mode() === 'store' ? 1 : 0),
    'min',
  );
  metrics.gauge(
    'llmproxy_store_silent_seconds',
    'Since the store was heard of last; 0 where it is in the data folder.',
    () => Math.round(silentMs() / 1_000),
    'max',
  );
  metrics.gauge(
    'llmproxy_store_snapshot_keys',
    'Keys that are kept for when the store is away.',
    keptKeys,
  );
}
