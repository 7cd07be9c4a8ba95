/** `llmproxy audit report`: what an auditor is given, as a page to print or as CSV, from the folder alone. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type Command, InvalidArgumentError, Option } from 'commander';

import { buildReport, type ReportParts } from '#admin/reports/build-report.ts';
import { recordAtPlace } from '#audit/follow.ts';
import { recordAt } from '#audit/prove.ts';
import { reportCsv } from '#audit/reports/report-csv.ts';
import { reportHtml } from '#audit/reports/report-html.ts';
import { type Report, type ReportName, reportNames } from '#audit/reports/report.ts';
import { segmentFileName } from '#audit/segment.ts';
import { verifyLog } from '#audit/verify.ts';
import { writerFrom } from '#runtime/audit-index/open-index.ts';
import type { IndexRow } from '#storage/audit-index.ts';

import { catchUp, type OpenedIndex, withIndex } from './audit-search.ts';
import { keyText } from './audit-verify.ts';
import { type CliContext, several, write } from './context.ts';
import { withStore } from './settings.ts';

interface Flags {
  readonly config?: string;
  readonly from?: number;
  readonly to?: number;
  readonly tenant?: string;
  readonly format: 'html' | 'csv' | 'json';
  readonly out?: string;
  readonly pubkey?: readonly string[];
}

export function addReport(
  audit: Command,
  context: CliContext,
  time: (text: string) => number,
): void {
  audit
    .command('report')
    .description('write a report for an auditor, as a page to print or as CSV')
    .argument('<name>', `which: ${reportNames.join(', ')}`, nameOf)
    .option('--config <file>', 'the configuration (default: ./llmproxy.yaml, else the demo)')
    .option('--from <time>', 'ISO 8601, inclusive', time)
    .option('--to <time>', 'ISO 8601, exclusive', time)
    .option('--tenant <id>', 'of one tenant alone')
    .addOption(
      new Option('--format <format>', 'how').choices(['html', 'csv', 'json']).default('html'),
    )
    .option('--out <file>', 'where to (default: stdout)')
    .option('--pubkey <key>', 'integrity: the key that signed, or a file with it', several)
    .action((name: ReportName, flags: Flags) => report(name, flags, context));
}

function nameOf(text: string): ReportName {
  const name = reportNames.find((one) => one === text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`Write one of ${reportNames.join(', ')}.`);
}

const FORMATS: Readonly<Record<Flags['format'], (made: Report) => string>> = {
  html: reportHtml,
  csv: reportCsv,
  json: (made) => `${JSON.stringify(made)}\n`,
};

async function report(name: ReportName, flags: Flags, context: CliContext): Promise<void> {
  await withIndex(flags, context, async (opened) => {
    await catchUp(opened, context);
    const { config, dir, index } = opened;
    const keys = (flags.pubkey ?? []).map((text) => keyText(text, context));
    await withStore(config, async ({ storage, clock }) => {
      const parts: ReportParts = {
        storage,
        config,
        nowMs: clock.nowMs(),
        index,
        record: async (row) => recordIn(opened, row),
        log: null,
        verification: null,
        verdict: name === 'integrity' ? verifyLog(dir, { keys }) : null,
      };
      const { from: fromMs, to: toMs, tenant, format, out } = flags;
      const text = FORMATS[format](await buildReport(parts, { name, fromMs, toMs, tenant }));
      if (out === undefined) await write(context.stdout, text);
      else writeFileSync(resolve(context.cwd, out), text, { mode: 0o600 });
    });
  });
}

function recordIn({ dir, where }: OpenedIndex, row: IndexRow) {
  const writer = writerFrom(where, row.writer);
  if (writer === null) return null;
  const { epoch, n, seq, offset } = row;
  const name = { writer, epoch, n };
  const fileName = segmentFileName(name);
  const found =
    recordAtPlace({ ...name, fileName, path: join(dir, fileName) }, { seq, offset }) ??
    recordAt(dir, { writer, seq });
  return found?.record ?? null;
}
