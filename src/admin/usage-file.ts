/** Usage as a file to keep, as `usage export` writes it. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { type UsageFormat, usageHeader, usageText } from '#metering/usage-report.ts';
import { err, ok, type Result } from '#stdx/result.ts';
import type { Ledger } from '#storage/ledger.ts';

import type { Problem } from './problem.ts';
import type { ReplyFile } from './route.ts';
import { type UsageAsked, usageLines } from './usage-read.ts';

/** About three megabytes: whoever wants more asks for a shorter time, or the command line. */
export const FILE_LINES_MAX = 10_000;
/** Ten years of hours: each is looked at, also where nothing was used. */
const FILE_HOURS_MAX = 90_000;
const HOUR_MS = 3_600_000;
/** About a page of the ledger: an embedded one answers at once, and others have their turn between. */
const TURN_LINES = 500;

/** All of it, or which field to ask less of. */
export async function usageFile(
  ledger: Pick<Ledger, 'usage'>,
  asked: UsageAsked,
  format: UsageFormat,
): Promise<Result<ReplyFile, Problem>> {
  const isLong = asked.by === 'hour' && asked.toMs - asked.fromMs > FILE_HOURS_MAX * HOUR_MS;
  if (isLong) return err(tooLong(`more than ${FILE_HOURS_MAX} hours`));
  let text = usageHeader(format);
  let count = 0;
  for await (const line of usageLines(ledger, asked)) {
    count += 1;
    if (count > FILE_LINES_MAX) return err(tooLong(`more than ${FILE_LINES_MAX} lines`));
    text += usageText(line, format);
    if (count % TURN_LINES === 0) await nextTurn();
  }
  const [type, ending] =
    format === 'jsonl' ? (['application/jsonl', 'jsonl'] as const) : (['text/csv', 'csv'] as const);
  const day = new Date(asked.fromMs).toISOString().slice(0, 10);
  const name = `usage-${format === 'focus' ? 'focus-' : ''}${day}.${ending}`;
  return ok({ name, type, text });
}

const tooLong = (what: string): Problem => ({
  reason: 'request-malformed',
  errors: [{ field: 'from', problem: `${what}: ask for a shorter time, or longer periods` }],
});
