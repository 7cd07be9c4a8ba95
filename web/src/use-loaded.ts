/** Something that is read from the API, again and again: what it was, and what went wrong last. */
import { useCallback, useEffect, useState } from 'react';

import { messageOf } from './api.ts';

export interface Loaded<T> {
  /** Null until the first answer; kept when a later one fails, so that the page does not blink. */
  readonly value: T | null;
  readonly problem: string | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** `read` must be stable. With `everyMs` it is read again while the page is seen. */
export function useLoaded<T>(
  read: (signal: AbortSignal) => Promise<T>,
  everyMs?: number,
): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isLoading, setIsLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((now) => now + 1), []);

  useEffect(() => {
    const left = new AbortController();
    setIsLoading(true);
    read(left.signal)
      .then((next) => {
        if (left.signal.aborted) return;
        setValue(next);
        setProblem(null);
      })
      .catch((thrown: unknown) => {
        if (!left.signal.aborted) setProblem(messageOf(thrown));
      })
      .finally(() => {
        if (!left.signal.aborted) setIsLoading(false);
      });
    return () => left.abort();
  }, [read, turn]);

  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);

  return { value, problem, isLoading, reload };
}
