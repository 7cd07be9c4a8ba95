/** A panel with a list in it: its states, its filter, its way to a new one, and its next page. */
import { type ReactNode, useState } from 'react';

import { t } from '../messages/message.ts';
import { ProblemBar } from '../parts.tsx';
import { type Action, type Column, DataTable } from './data-table.tsx';
import type { List } from './use-list.ts';

export interface ListingProps<Row> {
  readonly caption: string;
  /** Said above the list too, where the page is about more than it. */
  readonly isTitled?: boolean;
  readonly list: List<Row>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly actions?: (row: Row) => readonly Action[];
  /** What stands there when there is none. */
  readonly empty: string;
  /** What the filter looks into; left out: there is no filter. */
  readonly textOf?: (row: Row) => string;
  readonly tools?: ReactNode;
}

export function Listing<Row>(props: ListingProps<Row>) {
  const { caption, isTitled = false, list, columns, keyOf, actions, empty, textOf, tools } = props;
  const [filter, setFilter] = useState('');
  const { rows, problem, isLoading, hasMore, more, reload } = list;
  const wanted = filter.trim().toLowerCase();
  const shown =
    textOf === undefined || wanted === ''
      ? (rows ?? [])
      : (rows ?? []).filter((row) => textOf(row).toLowerCase().includes(wanted));
  return (
    <section className="card flush" aria-label={caption} aria-busy={isLoading}>
      <div className="tools">
        {isTitled && <h2>{caption}</h2>}
        {textOf !== undefined && (
          <input
            type="search"
            aria-label={t('Filter {caption}', { caption })}
            placeholder={t('Filter what is loaded')}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        )}
        <span className="count quiet" role="status">
          {countText(list, shown.length)}
        </span>
        {tools}
      </div>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {rows === null && problem === null && <Skeleton />}
      {rows !== null && shown.length === 0 && (
        <p className="empty">{rows.length === 0 ? empty : t('Nothing that is loaded fits.')}</p>
      )}
      {shown.length > 0 && <DataTable {...{ caption, columns, keyOf, actions }} rows={shown} />}
      {hasMore && (
        <div className="more">
          <button type="button" disabled={isLoading} onClick={more}>
            {isLoading ? t('Loading…') : t('Load more')}
          </button>
        </div>
      )}
    </section>
  );
}

function countText({ rows, hasMore, problem }: Counted, shown: number): string {
  if (rows === null) return problem === null ? t('Loading…') : '';
  const all = `${rows.length}${hasMore ? '+' : ''}`;
  return shown === rows.length ? all : t('{shown} of {all}', { shown, all });
}

type Counted = Pick<List<unknown>, 'rows' | 'hasMore' | 'problem'>;

/** The room that rows will take, so that nothing jumps when they come. */
export function Skeleton() {
  return (
    <div className="skeleton" aria-hidden>
      <i />
      <i />
      <i />
      <i />
      <i />
    </div>
  );
}
