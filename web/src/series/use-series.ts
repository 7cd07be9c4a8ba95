/** Numbers over time, read again and again while the page is seen. */
import { useCallback, useMemo } from 'react';

import type { SeriesView } from '../../../src/admin/series-contract.ts';

import type { RequestOf } from '../api.ts';
import { filled } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { type Loaded, useLoaded } from '../use-loaded.ts';
import { LIVE_MINUTES_MAX, type RangeName, RANGES } from './ranges.ts';
import { useLiveSeries } from './use-live-series.ts';

type Query = NonNullable<RequestOf<'GET /series'>['query']>;

export interface SeriesAsked {
  readonly range: RangeName;
  readonly kind: NonNullable<Query['kind']>;
  /** With commas. */
  readonly by?: string;
  readonly tenant: string;
  /** Must be stable. */
  readonly where?: Pick<
    Query,
    'guard' | 'mode' | 'category' | 'action' | 'position' | 'key' | 'model' | 'deployment'
  >;
  readonly isCompared?: boolean;
}

const EVERY_MS = 15_000;
const SHORT_EVERY_MS = 5_000;

/**
 * Calls of a short range come by themselves; all else is read again and again. One stream a page: a browser
 * has six connections to a gateway, for all of its tabs, and whoever opens two would wait for ever.
 */
export function useSeries(asked: SeriesAsked): Loaded<SeriesView> {
  const { range, kind, by = '', tenant, where, isCompared = false } = asked;
  const { minutes } = RANGES[range];
  const isShort = minutes <= LIVE_MINUTES_MAX;
  const isLive = isShort && kind === 'calls' && by === '' && !isCompared;
  const filter = useMemo(
    () => ({ kind, ...filled('by', by), ...filled('tenant', tenant), ...where }),
    [kind, by, tenant, where],
  );
  const live = useMemo(
    () => (isLive ? { ...filter, minutes: String(minutes) } : null),
    [filter, minutes, isLive],
  );
  const coming = useLiveSeries(live);
  const read = useRead(filter, minutes, isCompared);
  const everyMs = isShort ? SHORT_EVERY_MS : EVERY_MS;
  const loaded = useLoaded(isLive ? nothing : read, isLive ? undefined : everyMs);
  return isLive ? coming : { ...loaded };
}

const nothing = async (): Promise<SeriesView | null> => null;

function useRead(filter: Query, minutes: number, isCompared: boolean) {
  const { call } = useSession();
  return useCallback(
    async (signal: AbortSignal): Promise<SeriesView | null> => {
      const from = new Date(Date.now() - minutes * 60_000).toISOString();
      const query = { ...filter, from, ...(isCompared && { compare: 'before' as const }) };
      return await call('GET /series', { query, signal });
    },
    [call, filter, minutes, isCompared],
  );
}
