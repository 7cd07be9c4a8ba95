/** Rows as a file that a spreadsheet reads. */

type Cell = string | number | null;

/** A cell that begins like a formula would be one in a spreadsheet: such a text is made plain. */
function cellOf(value: Cell): string {
  const text = String(value ?? '');
  const plain =
    typeof value === 'string' && /^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/u.test(text)
      ? `'${text}`
      : text;
  return /[",\n\r]/u.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The columns are those that are named: whatever else a row has stays out. */
export function csvOf<Name extends string>(
  names: readonly Name[],
  rows: readonly Readonly<Record<Name, Cell>>[],
): string {
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return lines.map((cells) => `${cells.map(cellOf).join(',')}\n`).join('');
}
