/** Numbers over time, read again and again while the page is seen. */
import { useCallback } from 'react';

import type { SeriesView } from '../../../src/admin/series-contract.ts';

import type { RequestOf } from '../api.ts';
import { filled } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { type Loaded, useLoaded } from '../use-loaded.ts';
import { LIVE_MINUTES_MAX, type RangeName, RANGES } from './ranges.ts';

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
    'guard' | 'mode' | 'category' | 'action' | 'key' | 'model' | 'deployment'
  >;
  readonly isCompared?: boolean;
}

const LIVE_EVERY_MS = 2_000;
const EVERY_MS = 15_000;

export function useSeries({
  range,
  kind,
  by = '',
  tenant,
  where,
  isCompared = false,
}: SeriesAsked): Loaded<SeriesView> {
  const { call } = useSession();
  const { minutes } = RANGES[range];
  const read = useCallback(
    (signal: AbortSignal) => {
      // The newest step is not over: graphs end before it.
      const from = new Date(Date.now() - minutes * 60_000).toISOString();
      const query = {
        kind,
        from,
        ...filled('by', by),
        ...filled('tenant', tenant),
        ...where,
        ...(isCompared && { compare: 'before' as const }),
      };
      return call('GET /series', { query, signal });
    },
    [call, kind, by, tenant, minutes, where, isCompared],
  );
  return useLoaded(read, minutes <= LIVE_MINUTES_MAX ? LIVE_EVERY_MS : EVERY_MS);
}
