/**
 * Rows of one kind. Beyond some hundred rows only those in sight are in the document, between two
 * rows that stand for the others; all rows are of one height for that.
 */
import { type ReactNode, useState } from 'react';

import { t } from '../messages/message.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
}

export interface Action {
  readonly label: string;
  /** What it is done to, for who hears the page. */
  readonly of: string;
  readonly isDanger?: boolean;
  readonly run: () => void;
}

export interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly actions?: ((row: Row) => readonly Action[]) | undefined;
}

const WHOLE_MAX = 500;
const ROW_PX = 40;
const SPARE = 20;
const SEEN_PX = 720;

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, keyOf, actions } = props;
  const [topPx, setTopPx] = useState(0);
  const isWhole = rows.length <= WHOLE_MAX;
  const first = isWhole ? 0 : Math.max(0, Math.floor(topPx / ROW_PX) - SPARE);
  const last = isWhole ? rows.length : first + Math.ceil(SEEN_PX / ROW_PX) + 2 * SPARE;
  return (
    <div
      className={isWhole ? 'scroll' : 'scroll tall'}
      // A place that scrolls must be reachable without a mouse.
      tabIndex={0}
      role="group"
      aria-label={caption}
      onScroll={(event) => setTopPx(event.currentTarget.scrollTop)}
    >
      <table className="data" aria-rowcount={rows.length + 1}>
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber = false }) => (
              <th key={title} scope="col" className={isNumber ? 'number' : ''}>
                {title}
              </th>
            ))}
            {actions !== undefined && (
              <th scope="col">
                <span className="hidden">{t('Actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} />
          {rows.slice(first, last).map((row, index) => (
            <tr key={keyOf(row)} aria-rowindex={first + index + 2}>
              {columns.map(({ title, cell, isNumber = false }) => (
                <td key={title} className={isNumber ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
              {actions !== undefined && <ActionsCell actions={actions(row)} />}
            </tr>
          ))}
          <Gap rows={Math.max(0, rows.length - last)} />
        </tbody>
      </table>
    </div>
  );
}

function Gap({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden>
      <td className="gap" style={{ height: rows * ROW_PX }} />
    </tr>
  );
}

function ActionsCell({ actions }: { readonly actions: readonly Action[] }) {
  return (
    <td className="actions">
      {actions.map(({ label, of, isDanger = false, run }) => (
        <button
          key={label}
          type="button"
          className={isDanger ? 'ghost bad' : 'ghost'}
          aria-label={`${label}: ${of}`}
          onClick={run}
        >
          {label}
        </button>
      ))}
    </td>
  );
}
