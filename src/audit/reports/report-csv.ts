/**
 * A report as CSV (RFC 4180): for each table a line with its title, one with its columns, its rows, and an
 * empty line. A cell that a spreadsheet would take for a formula begins with an apostrophe.
 */
import type { Cell, Report } from './report.ts';

const FORMULA = /^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]|^\s|\s$/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const lineOf = (cells: readonly Cell[]): string => `${cells.map(cellText).join(',')}\r\n`;

export function reportCsv({ tables }: Report): string {
  return tables
    .map(({ title, columns, rows, isCut }) => {
      const named = isCut ? `${title} (cut off at the bound of this report)` : title;
      return [[named], columns, ...rows].map(lineOf).join('');
    })
    .join('\r\n');
}
