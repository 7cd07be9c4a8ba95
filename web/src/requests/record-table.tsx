/**
 * Records in a table of any length: only the rows in sight are in the document. The arrow keys move, Enter
 * opens. Rows that come in above do not move what somebody reads.
 */
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

import { t } from '../messages/message.ts';
import type { Row } from './filters.ts';
import { placeOf, type RecordColumn } from './record-row.tsx';

const ROW_PX = 36;
const SPARE = 8;
/** This near the end of what is loaded the next page is asked for. */
const NEAR = 30;

interface RecordTableProps {
  readonly rows: readonly Row[];
  readonly columns: readonly RecordColumn[];
  readonly onOpen: (row: Row) => void;
  readonly onNearEnd?: (() => void) | undefined;
}

export function RecordTable({ rows, columns, onOpen, onNearEnd }: RecordTableProps) {
  const region = useRef<HTMLDivElement>(null);
  const { topPx, seenPx, read } = useScrolled(region);
  useSteady(region, rows);
  const [active, setActive] = useState<string | null>(null);
  const id = useId();
  const at = active === null ? -1 : rows.findIndex((row) => placeOf(row) === active);
  const first = Math.max(0, Math.floor(topPx / ROW_PX) - SPARE);
  const last = Math.min(rows.length, first + Math.ceil(seenPx / ROW_PX) + 2 * SPARE);
  useEffect(() => {
    if (last > rows.length - NEAR) onNearEnd?.();
  }, [last, rows.length, onNearEnd]);
  const press = (event: KeyboardEvent): void => {
    const chosen = rows[at];
    if (event.key === 'Enter' && chosen !== undefined) onOpen(chosen);
    const next = nextOf(event.key, at, rows.length, Math.floor(seenPx / ROW_PX) - 2);
    const row = next === null ? undefined : rows[next];
    if (next === null || row === undefined) return;
    event.preventDefault();
    setActive(placeOf(row));
    bringIn(region.current, next);
  };
  const hasActive = at >= first && at < last;
  return (
    <div ref={region} className="scroll records" onScroll={read}>
      <table
        className="data"
        role="grid"
        aria-label={t('Records')}
        aria-rowcount={rows.length + 1}
        tabIndex={0}
        onKeyDown={press}
        {...(hasActive && { 'aria-activedescendant': `${id}-${at}` })}
      >
        <Head columns={columns} />
        <tbody>
          <Gap rows={first} />
          {rows.slice(first, last).map((row, index) => (
            <BodyRow
              // By its place in the table: rows that come in reuse what is drawn, and nothing in it has a state.
              key={first + index}
              {...{ row, columns, onOpen }}
              id={`${id}-${first + index}`}
              index={first + index}
              isActive={first + index === at}
              onActive={setActive}
            />
          ))}
          <Gap rows={rows.length - last} />
        </tbody>
      </table>
    </div>
  );
}

function Head({ columns }: Pick<RecordTableProps, 'columns'>) {
  return (
    <>
      <colgroup>
        {columns.map(({ title, width }) => (
          <col key={title} style={{ width: `${width}%` }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map(({ title, isNumber = false }) => (
            <th key={title} scope="col" className={isNumber ? 'number' : ''}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
    </>
  );
}

interface BodyRowProps extends Pick<RecordTableProps, 'columns' | 'onOpen'> {
  readonly row: Row;
  readonly id: string;
  readonly index: number;
  readonly isActive: boolean;
  readonly onActive: (place: string) => void;
}

const BodyRow = memo(function BodyRow(props: BodyRowProps) {
  const { row, columns, onOpen, id, index, isActive, onActive } = props;
  return (
    <tr
      id={id}
      aria-rowindex={index + 2}
      aria-selected={isActive}
      onClick={(event) => {
        onActive(placeOf(row));
        if (!isOfLink(event)) onOpen(row);
      }}
    >
      {columns.map(({ title, cell, isNumber = false }) => (
        <td key={title} className={isNumber ? 'number' : ''}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
});

/** A link is followed by itself, also into another tab. */
const isOfLink = ({ target }: MouseEvent): boolean =>
  target instanceof Element && target.closest('a') !== null;

function nextOf(key: string, at: number, length: number, page: number): number | null {
  if (length === 0) return null;
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: length - 1,
  }[key];
  return to === undefined ? null : Math.min(length - 1, Math.max(0, to));
}

/** The head of the table stays above the rows. */
function bringIn(region: HTMLElement | null, at: number): void {
  if (region === null) return;
  const topPx = at * ROW_PX;
  const roomPx = region.clientHeight - 2 * ROW_PX;
  if (topPx < region.scrollTop) region.scrollTop = topPx;
  else if (topPx > region.scrollTop + roomPx) region.scrollTop = topPx - roomPx;
}

function useScrolled(region: RefObject<HTMLDivElement | null>) {
  const [topPx, setTopPx] = useState(0);
  const [seenPx, setSeenPx] = useState(600);
  useEffect(() => {
    const shown = region.current;
    if (shown === null) return undefined;
    const observer = new ResizeObserver(() => setSeenPx(shown.clientHeight));
    observer.observe(shown);
    return () => observer.disconnect();
  }, [region]);
  const read = (): void => setTopPx(region.current?.scrollTop ?? 0);
  return { topPx, seenPx, read };
}

/** Who has scrolled down keeps the rows that are read where they are. */
function useSteady(region: RefObject<HTMLDivElement | null>, rows: readonly Row[]): void {
  const before = useRef<string | null>(null);
  useLayoutEffect(() => {
    const [top] = rows;
    const known = before.current;
    before.current = top === undefined ? null : placeOf(top);
    const shown = region.current;
    if (shown === null || known === null || shown.scrollTop === 0) return;
    const added = rows.findIndex((row) => placeOf(row) === known);
    if (added > 0) shown.scrollTop += added * ROW_PX;
  }, [region, rows]);
}

function Gap({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden>
      <td className="gap" style={{ height: rows * ROW_PX }} />
    </tr>
  );
}
