/**
 * A report as one HTML file: no script, nothing from elsewhere, and a policy in it that says so, for
 * browsers that would run what we missed. Everything that is shown is escaped, ours too.
 */
import type { Cell, Report, ReportTable } from './report.ts';

const CSP = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light }
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem }
h1 { font-size: 1.6rem; margin: 0 0 .3rem } h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem }
p { margin: .2rem 0; max-width: 60rem } dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; margin: .8rem 0 }
dt { color: #555 } dd { margin: 0 }
table { border-collapse: collapse; width: 100%; font-size: 12px }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #ddd; overflow-wrap: break-word }
th { white-space: nowrap; border-bottom: 2px solid #888 } td.number { text-align: right; font-variant-numeric: tabular-nums }
.cut { color: #8a1c1c; font-weight: 600 }
@page { margin: 15mm; size: A4 landscape }
@media print { body { margin: 0 } thead { display: table-header-group } tr { break-inside: avoid } h2 { break-after: avoid } }`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls and turners of direction are shown as what they are: they could make a cell read as another. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? '')
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );

export function reportHtml(report: Report): string {
  const { title, about, from, to, tenant, madeAt, tables } = report;
  const facts = [
    ['Tenant', tenant ?? 'all, and the gateway itself'],
    ['From', from ?? 'the beginning of the log'],
    ['To', to ?? 'when it was made'],
    ['Made', madeAt],
  ].map(([name = '', value = '']) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CSP}">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1><p>${escaped(about)}</p>
<dl>${facts.join('')}</dl>
${tables.map(tableHtml).join('\n')}
</body></html>
`;
}

function tableHtml({ title, columns, rows, isCut }: ReportTable): string {
  const head = columns.map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n');
  const cut = isCut
    ? '<p class="cut">There is more: the bound of this report was reached.</p>'
    : '';
  const content =
    rows.length === 0
      ? '<p>None.</p>'
      : `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
  return `<section><h2>${escaped(title)}</h2>${cut}${content}</section>`;
}

function cellHtml(cell: Cell): string {
  if (typeof cell === 'number') return `<td class="number">${cell}</td>`;
  return `<td>${escaped(cell ?? '')}</td>`;
}
