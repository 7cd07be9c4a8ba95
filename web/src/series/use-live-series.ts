/** Numbers of the last minutes as they come, by server-sent events; a line that breaks is made again. */
import { useEffect, useState } from 'react';

import type { SeriesView } from '../../../src/admin/series-contract.ts';

import { messageOf, type RequestOf } from '../api.ts';
import { readEvents, type ServerEvent } from '../event-reader.ts';
import { t } from '../messages/message.ts';
import { useSession } from '../session.ts';
import type { Loaded } from '../use-loaded.ts';
import { continued, isSeries } from './live-series.ts';

const AGAIN_MS = 2_000;

/** `query` must be stable; null: nothing is listened to. */
export function useLiveSeries(
  query: RequestOf<'GET /series/live'>['query'] | null,
): Loaded<SeriesView> {
  const { open } = useSession();
  const [value, setValue] = useState<SeriesView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    setValue(null);
    setProblem(null);
  }, [query]);

  useEffect(() => {
    if (query === null || query === undefined) return undefined;
    const left = new AbortController();
    let timer: number | undefined;
    const again = (): void => {
      timer = window.setTimeout(() => setTurn((now) => now + 1), AGAIN_MS);
    };
    const tell = (events: readonly ServerEvent[]): void => {
      if (left.signal.aborted) return;
      for (const event of events) hear(event, setValue, setProblem);
    };
    open('GET /series/live', { query, signal: left.signal })
      .then((response) => readEvents(response, tell))
      .then(again)
      .catch((thrown: unknown) => {
        if (left.signal.aborted) return;
        setProblem(messageOf(thrown));
        again();
      });
    return () => {
      left.abort();
      window.clearTimeout(timer);
    };
  }, [open, query, turn]);

  const reload = (): void => setTurn((now) => now + 1);
  return { value, problem, isLoading: value === null, reload };
}

function hear(
  { event, data }: ServerEvent,
  setValue: (next: (now: SeriesView | null) => SeriesView | null) => void,
  setProblem: (problem: string | null) => void,
): void {
  if (event === 'behind') {
    setProblem(
      t('What was recorded last is not counted yet: the index of the log does not answer.'),
    );
    return;
  }
  if (event !== 'series' && event !== 'points') return;
  const said: unknown = JSON.parse(data);
  if (!isSeries(said)) return;
  setProblem(null);
  setValue((now) => (event === 'series' || now === null ? said : continued(now, said)));
}
