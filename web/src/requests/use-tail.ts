/** The live view: the stream of records, opened again when it ends, drawn a few times a second. */
import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiProblem, messageOf } from '../api.ts';
import { readEvents, type ServerEvent } from '../event-reader.ts';
import { isRecord } from '../is-record.ts';
import { type Session, useSession } from '../session.ts';
import type { Row, TailQuery } from './filters.ts';
import { TailBuffer, type TailView } from './tail-buffer.ts';

/** People read no faster, and each drawing costs the same for one row as for a thousand. */
const DRAW_MS = 250;
const AGAIN_MS = 2_000;
/** What was written while the stream was being opened again; more is said to be missing. */
const CAUGHT_UP_MAX = '200';

export interface Tail extends TailView<Row> {
  readonly state: 'opening' | 'live' | 'again';
  readonly problem: string | null;
  /** There may be records between two openings of the stream that neither has. */
  readonly hasGap: boolean;
  readonly pause: () => void;
  readonly resume: () => void;
}

const isSame = (one: TailView<Row>, other: TailView<Row>): boolean =>
  one.rows === other.rows &&
  one.received === other.received &&
  one.missed === other.missed &&
  one.held === other.held &&
  one.isPaused === other.isPaused;

interface Line {
  readonly state: Tail['state'];
  readonly problem: string | null;
  readonly hasGap: boolean;
}

const OPENING: Line = { state: 'opening', problem: null, hasGap: false };

/** `query` must be stable. Null: no live view. */
export function useTail(query: TailQuery | null): Tail {
  const session = useSession();
  const buffer = useRef(new TailBuffer<Row>());
  const [view, setView] = useState<TailView<Row>>(() => buffer.current.view());
  const [line, setLine] = useState<Line>(OPENING);
  const draw = useCallback(() => {
    const next = buffer.current.view();
    setView((now) => (isSame(now, next) ? now : next));
  }, []);

  useEffect(() => {
    if (query === null) return undefined;
    const own = new TailBuffer<Row>();
    buffer.current = own;
    setLine(OPENING);
    draw();
    const left = new AbortController();
    void follow({ session, query, buffer: own, left: left.signal, setLine });
    const timer = setInterval(draw, DRAW_MS);
    return () => {
      left.abort();
      clearInterval(timer);
    };
  }, [query, session, draw]);

  return {
    ...view,
    ...line,
    pause: () => {
      buffer.current.pause();
      draw();
    },
    resume: () => {
      buffer.current.resume();
      draw();
    },
  };
}

interface Following {
  readonly session: Pick<Session, 'open' | 'call'>;
  readonly query: TailQuery;
  readonly buffer: TailBuffer<Row>;
  readonly left: AbortSignal;
  readonly setLine: (next: (now: Line) => Line) => void;
}

async function follow(following: Following): Promise<void> {
  const { session, query, left, setLine } = following;
  let openedAt: string | null = null;
  while (!left.aborted) {
    try {
      const response = await session.open('GET /audit/tail', { query, signal: left });
      setLine((now) => ({ ...now, state: 'live', problem: null }));
      if (openedAt !== null) void catchUp(following, openedAt);
      openedAt = response.headers.get('date') ?? openedAt;
      await readEvents(response, (events) => take(events, following));
      setLine((now) => ({ ...now, state: 'again' }));
    } catch (thrown) {
      if (left.aborted) return;
      setLine((now) => ({ ...now, state: 'again', problem: messageOf(thrown) }));
      // Who may not read it will not be let in by asking again.
      if (thrown instanceof ApiProblem && thrown.status >= 400 && thrown.status < 500) return;
    }
    await pauseFor(AGAIN_MS, left);
  }
}

function take(events: readonly ServerEvent[], { buffer }: Following): void {
  const rows: Row[] = [];
  for (const { event, data } of events) {
    const value: unknown = JSON.parse(data);
    // The gateway has checked it against the contract that names the type here.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (event === 'record') rows.push(value as Row);
    const counted = isRecord(value) ? (value[event === 'end' ? 'missed' : 'count'] ?? 0) : 0;
    if (event !== 'record' && typeof counted === 'number') buffer.miss(counted);
  }
  buffer.add(rows);
}

/** Reads what was written since the newest row, or the opening before; more than a page is said to be missing. */
async function catchUp(
  { session, query, buffer, left, setLine }: Following,
  openedAt: string,
): Promise<void> {
  const from = buffer.newestAt() ?? new Date(openedAt).toISOString();
  try {
    const asked = { ...query, from, limit: CAUGHT_UP_MAX };
    const page = await session.call('GET /audit/records', { query: asked, signal: left });
    buffer.add(page.items.toReversed());
    if (page.next !== null) setLine((now) => ({ ...now, hasGap: true }));
  } catch {
    // The list can be searched; the live view says that it may have a gap.
    if (!left.aborted) setLine((now) => ({ ...now, hasGap: true }));
  }
}

function pauseFor(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    left.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
