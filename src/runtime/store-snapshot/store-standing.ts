/** Whether a gateway has its store or goes on without it: for readiness, metrics and the log. */
import type { StoreServer } from '#storage/store-state.ts';
import type { Log } from '#telemetry/log.ts';

import type { KeeperStart, SnapshotKeeper } from './keeper.ts';

export interface StoreStanding {
  /** `store`; `snapshot` while it does not answer; `stale` when that has been so for too long. */
  readonly mode: () => 'store' | 'snapshot' | 'stale';
  /** How long nothing was heard of it. */
  readonly silentMs: () => number;
  /** Keys that are kept; 0, where the store is in the data folder. */
  readonly keptKeys: () => number;
  /** From here on what the store has is kept for when it is away. */
  readonly keep: (start: KeeperStart) => void;
  /** Another configuration may need more of it. */
  readonly renew: () => void;
}

/** In the data folder: there is nothing to go on without. */
export const LOCAL_STORE: StoreStanding = {
  mode: () => 'store',
  silentMs: () => 0,
  keptKeys: () => 0,
  keep: () => {},
  renew: () => {},
};

export interface StandingPorts {
  readonly server: StoreServer;
  readonly silentMs: () => number;
  readonly staleMs: number;
  readonly keeper: SnapshotKeeper;
  readonly log: Log;
}

export function standingOf(ports: StandingPorts): StoreStanding {
  const { server, silentMs, staleMs, keeper, log } = ports;
  const mode = (): ReturnType<StoreStanding['mode']> => {
    if (silentMs() > staleMs) return 'stale';
    return server.isAway() ? 'snapshot' : 'store';
  };
  let said = mode();
  server.onTurn(() => {
    const state = mode();
    if (state === said) return;
    said = state;
    const level = state === 'store' ? 'info' : 'error';
    log.write(level, 'store-state', { state, ms: Math.round(silentMs()) });
  });
  return {
    mode,
    silentMs,
    keptKeys: () => keeper.state?.keys.size ?? 0,
    keep: (start) => keeper.start(start),
    renew: () => keeper.renew(),
  };
}
