/** `/admin/v1/reports/{name}`: what an auditor is given, as tables, as a page to print or as CSV. */
import { z } from 'zod';

import { reportCsv } from '#audit/reports/report-csv.ts';
import { reportHtml } from '#audit/reports/report-html.ts';
import { type Report, reportNames } from '#audit/reports/report.ts';
import { nameField } from '#config/fields.ts';
import { err, ok } from '#stdx/result.ts';

import { recordTimeFields } from '../audit/record-fields.ts';
import type { ReportTableView } from '../audit-contract.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute, type ReplyFile } from '../route.ts';
import { buildReport } from './build-report.ts';

const text = z.string();
const cell = z.union([text, z.int(), z.null()]);

const table = z.strictObject({
  title: text,
  columns: z.array(text),
  rows: z.array(z.array(cell)),
  isCut: z.boolean(),
}) satisfies z.ZodType<ReportTableView>;

const report = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path: '/admin/v1/reports/{name}',
    summary:
      'A report for an auditor, as tables, a page to print or CSV: access, changes, findings, denied; integrity for who is confined to no tenant.',
    permission: 'reports.read',
    query: z.strictObject({
      ...recordTimeFields,
      tenant: nameField.optional(),
      format: z.enum(['json', 'html', 'csv']).default('json'),
    }),
    files: ['text/html', 'text/csv'],
    status: 200,
    response: z.strictObject({
      name: z.enum(reportNames),
      title: text,
      about: text,
      from: text.nullable(),
      to: text.nullable(),
      tenant: text.nullable(),
      madeAt: text,
      items: z.array(table),
    }),
  },
  async ({ actor, params, query, ports }) => {
    const name = reportNames.find((one) => one === params.name);
    if (name === undefined) return err(problem('not-found'));
    // The log is of the whole gateway.
    if (name === 'integrity' && actor.tenant !== null) return err(problem('forbidden'));
    const { from: fromMs, to: toMs } = query;
    if (query.tenant !== undefined && !sees(actor, query.tenant))
      return err(problem('not-found', 'tenant'));
    const { storage, clock, audit } = ports;
    const parts = {
      storage,
      config: ports.config(),
      nowMs: clock.nowMs(),
      index: { search: audit.search, tally: audit.tally },
      record: async ({ writer, seq }: { readonly writer: string; readonly seq: number }) =>
        (await audit.record(writer, seq))?.record ?? null,
      log: audit.log(),
      verdict: null,
      verification: audit.verification(),
    };
    const tenant = query.tenant ?? actor.tenant ?? undefined;
    const made = await buildReport(parts, { name, fromMs, toMs, tenant });
    const { tables, ...rest } = made;
    const items = tables.map(({ title, columns, rows, isCut }) => ({
      title,
      columns: [...columns],
      rows: rows.map((row) => [...row]),
      isCut,
    }));
    const { format } = query;
    return ok({
      body: { ...rest, items },
      ...(format !== 'json' && { file: fileOf(made, format) }),
    });
  },
);

function fileOf(made: Report, format: 'html' | 'csv'): ReplyFile {
  // A time of ISO 8601 has colons, which some file systems do not take in a name.
  const name = `${made.name}-${made.madeAt.slice(0, 19).replaceAll(':', '')}.${format}`;
  return format === 'html'
    ? { name, type: 'text/html', text: reportHtml(made) }
    : { name, type: 'text/csv', text: reportCsv(made) };
}

export const reportRoutes: readonly AdminRoute[] = [report];
