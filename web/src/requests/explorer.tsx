/** Requests by what the log says of them: searched page by page, or as they come. */
import { useCallback, useEffect, useMemo, useState } from 'react';

import { t } from '../messages/message.ts';
import { Skeleton } from '../parts/listing.tsx';
import { type Asked as Paged, type List, useList } from '../parts/use-list.ts';
import { ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { choose, go, usePlace } from '../shell/router.tsx';
import { FilterForm } from './filter-form.tsx';
import { type Asked, askedIn, recordsQueryOf, type Row, tailQueryOf } from './filters.ts';
import { LiveBar } from './live-bar.tsx';
import { columnsFor, openedBy } from './record-row.tsx';
import { RecordTable } from './record-table.tsx';
import { SavedViews } from './saved-views.tsx';
import { useTail } from './use-tail.ts';

/** Loaded at once in one table; whoever looks for more asks for less. */
const ROWS_MAX = 10_000;
const PAGE = '200';

export function Explorer() {
  const place = usePlace();
  const search = place.query.toString();
  const asked = useMemo(() => askedIn(new URLSearchParams(search)), [search]);
  const isLive = place.query.get('live') === 'yes';
  const ask = (next: Asked): void =>
    choose('requests', { ...next, live: isLive ? 'yes' : undefined });
  const setLive = (next: boolean): void =>
    choose('requests', { ...asked, live: next ? 'yes' : undefined });
  const [known, setKnown] = useState<Known>({});
  return (
    <>
      <SavedViews asked={asked} onAsk={ask} />
      <section className="card flush" aria-label={t('Requests')}>
        <FilterForm asked={asked} onAsk={ask} known={known} />
        {isLive ? (
          <Live asked={asked} onEnd={() => setLive(false)} />
        ) : (
          <Found
            key={JSON.stringify(asked)}
            asked={asked}
            onKnown={setKnown}
            onLive={() => setLive(true)}
          />
        )}
      </section>
    </>
  );
}

interface FoundProps {
  readonly asked: Asked;
  readonly onKnown: (known: Known) => void;
  readonly onLive: () => void;
}

function Found({ asked, onKnown, onLive }: FoundProps) {
  const { call } = useSession();
  // A time like "the last hour" is that of the search, not of each page of it.
  const [nowMs] = useState(() => Date.now());
  const read = useCallback(
    (paged: Paged, signal: AbortSignal) =>
      call('GET /audit/records', {
        query: { ...recordsQueryOf(asked, nowMs), ...paged, limit: PAGE },
        signal,
      }),
    [call, asked, nowMs],
  );
  const list = useList(read);
  const { rows, problem, isLoading, reload } = list;
  const hasMore = list.hasMore && (rows?.length ?? 0) < ROWS_MAX;
  const { more } = list;
  const nearEnd = hasMore && !isLoading && problem === null ? more : undefined;
  useEffect(() => {
    if (rows !== null) onKnown(knownIn(rows));
  }, [rows, onKnown]);
  return (
    <>
      <div className="tools">
        <span className="count quiet" role="status">
          {countText(list)}
        </span>
        <button type="button" onClick={reload}>
          {t('Read again')}
        </button>
        <button type="button" className="main" onClick={onLive}>
          {t('Live')}
        </button>
      </div>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      <Rows {...{ rows, problem, asked }} onNearEnd={nearEnd} empty={emptyText(asked)} />
    </>
  );
}

const emptyText = (asked: Asked): string =>
  Object.keys(asked).length === 0
    ? t('No request yet. Try one in the Playground: it is here a moment later.')
    : t('No record fits. Take a filter away, or ask for a longer time.');

function countText({ rows, hasMore, isLoading, problem }: List<Row>): string {
  if (rows === null) return problem === null ? t('Reading…') : '';
  if (rows.length >= ROWS_MAX && hasMore)
    return t('The newest {rows}. There are more: narrow the search to see them.', {
      rows: rows.length,
    });
  const more = isLoading ? t('reading on…') : t('more when you scroll');
  return hasMore
    ? t('{rows} loaded, {more}', { rows: rows.length, more })
    : t('{rows} in all', { rows: rows.length });
}

type Known = Readonly<Record<string, readonly string[]>>;

/** What is loaded says what one may ask for. */
function knownIn(rows: readonly Row[]): Known {
  const of = (value: (row: Row) => readonly (string | null)[]): readonly string[] =>
    [...new Set(rows.slice(0, 1_000).flatMap(value))].filter((one) => one !== null).toSorted();
  return {
    tenant: of(({ tenant }) => [tenant]),
    model: of(({ model }) => [model]),
    key: of(({ key }) => [key]),
    route: of(({ route }) => [route]),
    provider: of(({ provider }) => [provider]),
    guard: of(({ findings }) => findings.map(({ guard }) => guard)),
    category: of(({ findings }) => findings.map(({ category }) => category)),
    action: of(({ action }) => [action]),
  };
}

interface RowsProps {
  readonly rows: readonly Row[] | null;
  readonly problem?: string | null;
  readonly asked: Asked;
  readonly onNearEnd?: (() => void) | undefined;
  readonly empty: string;
}

/** The room is the same whatever is in it, so that nothing jumps. */
function Rows({ rows, problem = null, asked, onNearEnd, empty }: RowsProps) {
  const { rights } = useSession();
  const seesPeople = rights.permissions.includes('records.personal');
  const columns = useMemo(() => columnsFor(asked, seesPeople), [asked, seesPeople]);
  const open = useCallback(
    (row: Row): void => go('requests', { ...asked, ...openedBy(row) }),
    [asked],
  );
  if (rows === null) {
    return (
      <div className="records">
        {problem === null ? <Skeleton /> : <p className="empty">{t('It could not be read.')}</p>}
      </div>
    );
  }
  if (rows.length === 0) {
    return (
      <div className="records">
        <p className="empty">{empty}</p>
      </div>
    );
  }
  return <RecordTable rows={rows} columns={columns} onOpen={open} onNearEnd={onNearEnd} />;
}

function Live({ asked, onEnd }: Pick<FoundProps, 'asked'> & { readonly onEnd: () => void }) {
  const query = useMemo(() => tailQueryOf(asked), [asked]);
  const tail = useTail(query);
  return (
    <>
      <LiveBar tail={tail} onEnd={onEnd} />
      <Rows rows={tail.rows} asked={asked} empty={t('Nothing yet. What comes is shown here.')} />
    </>
  );
}
