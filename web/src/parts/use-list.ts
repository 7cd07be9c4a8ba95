/** A list by keyset pages: what was read so far, and the next page when it is asked for. */
import { useCallback, useEffect, useRef, useState } from 'react';

import { messageOf } from '../api.ts';

export interface Asked {
  readonly limit: string;
  readonly after?: string;
}

interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

export interface List<Row> {
  /** Null until the first answer. */
  readonly rows: readonly Row[] | null;
  readonly hasMore: boolean;
  readonly problem: string | null;
  readonly isLoading: boolean;
  readonly more: () => void;
  readonly reload: () => void;
}

const LIMIT = '100';

/** `read` must be stable; another one begins the list anew. */
export function useList<Row>(
  read: (asked: Asked, signal: AbortSignal) => Promise<Page<Row>>,
): List<Row> {
  const [page, setPage] = useState<Page<Row> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isLoading, setIsLoading] = useState(true);
  const under = useRef<AbortController | null>(null);

  const load = useCallback(
    (before: Page<Row> | null): void => {
      under.current?.abort();
      const left = new AbortController();
      under.current = left;
      setIsLoading(true);
      const after = before?.next ?? null;
      read({ limit: LIMIT, ...(after !== null && { after }) }, left.signal)
        .then(({ items, next }) => {
          if (left.signal.aborted) return;
          setPage({ items: [...(before?.items ?? []), ...items], next });
          setProblem(null);
        })
        .catch((thrown: unknown) => {
          if (!left.signal.aborted) setProblem(messageOf(thrown));
        })
        .finally(() => {
          if (!left.signal.aborted) setIsLoading(false);
        });
    },
    [read],
  );

  useEffect(() => {
    setPage(null);
    load(null);
    return () => under.current?.abort();
  }, [load]);

  return {
    rows: page?.items ?? null,
    hasMore: page?.next !== null && page !== null,
    problem,
    isLoading,
    more: () => load(page),
    reload: () => load(null),
  };
}
