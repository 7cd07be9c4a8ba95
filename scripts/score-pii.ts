/**
 * How well `pii` finds labelled spans, by entity.
 *
 *   node scripts/score-pii.ts FILE.jsonl.gz
 *
 * Rows are JSON lines `{"text","spans":[{"start","end","type"}]}`. Only types that have a form are
 * compared, under the names that Presidio gives them; a finding counts when it overlaps a span of its type.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { GuardScanner } from '#cli/guard-scan.ts';
import { guardSection, guardRuleOf } from '#config/guards-section.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

const ENTITY_OF: Readonly<Record<string, string>> = {
  CREDIT_CARD: 'card',
  PHONE_NUMBER: 'phone',
  EMAIL_ADDRESS: 'email',
  IBAN_CODE: 'iban',
  US_SSN: 'ssn',
  IP_ADDRESS: 'ip',
};

interface Span {
  readonly entity: string;
  readonly start: number;
  readonly end: number;
}

const scores = new Map(
  [...new Set(Object.values(ENTITY_OF))].map((entity) => [
    entity,
    { right: 0, exact: 0, missed: 0, wrong: 0 },
  ]),
);

/** The spans of a row that are compared. */
function spansOf(spans: unknown): Span[] {
  return (Array.isArray(spans) ? spans : []).flatMap((span): Span[] => {
    if (!isJsonObject(span)) return [];
    const { type, start, end } = span;
    const entity = typeof type === 'string' ? ENTITY_OF[type] : undefined;
    const isPlaced = typeof start === 'number' && typeof end === 'number';
    return entity !== undefined && isPlaced ? [{ entity, start, end }] : [];
  });
}

function count(wanted: readonly Span[], found: readonly Span[]): void {
  const open = [...wanted];
  for (const one of found) {
    const score = scores.get(one.entity);
    if (score === undefined) continue;
    const at = open.findIndex(
      ({ entity, start, end }) => entity === one.entity && start < one.end && one.start < end,
    );
    const [match] = at === -1 ? [] : open.splice(at, 1);
    if (match === undefined) score.wrong += 1;
    else score.right += 1;
    if (match?.start === one.start && match.end === one.end) score.exact += 1;
  }
  for (const { entity } of open) {
    const score = scores.get(entity);
    if (score !== undefined) score.missed += 1;
  }
}

const f1 = (right: number, missed: number, wrong: number): string =>
  ((2 * right) / (2 * right + missed + wrong)).toFixed(4);

const [, , path = ''] = process.argv;
const packed = readFileSync(path);
const lines = (path.endsWith('.gz') ? gunzipSync(packed) : packed).toString('utf8').split('\n');
const scanner = new GuardScanner([guardRuleOf(guardSection.parse({ name: 'pii', type: 'pii' }))]);
for (const line of lines) {
  const row = parseJson(line);
  if (!isJsonObject(row) || typeof row['text'] !== 'string') continue;
  const { result } = await scanner.scan(row['text'], { tenant: '', model: '', position: 'user' });
  const found = result.findings.map(({ category, start, end }) => ({
    entity: category,
    start,
    end,
  }));
  count(spansOf(row['spans']), found);
}
const total = { right: 0, missed: 0, wrong: 0 };
for (const [entity, { right, exact, missed, wrong }] of scores) {
  total.right += right;
  total.missed += missed;
  total.wrong += wrong;
  process.stdout.write(
    `${JSON.stringify({ entity, right, exact, missed, wrong, f1: f1(right, missed, wrong) })}\n`,
  );
}
process.stdout.write(
  `${JSON.stringify({ entity: 'all', ...total, f1: f1(total.right, total.missed, total.wrong) })}\n`,
);
