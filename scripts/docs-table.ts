/** Tables of the reference pages. */

export const code = (value: string): string => `\`${value}\``;

/** A cell of a table: one line, and a bar is not the end of the cell. */
const cell = (value: string): string => value.replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${[row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')}\n`;
}
