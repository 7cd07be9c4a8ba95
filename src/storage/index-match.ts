/** Whether one row is what a filter asks for: the plain form of what indexes look up. */
import { type IndexFilter, type IndexRow, wordsOf } from './audit-index.ts';

export function matchesRow(row: IndexRow, filter: IndexFilter): boolean {
  return isOfShape(row, filter) && isOfRecord(row, filter);
}

const is = <T>(asked: T | undefined, actual: T | null): boolean =>
  asked === undefined || asked === actual;

function isOfShape({ shape }: IndexRow, filter: IndexFilter): boolean {
  const { guard, category, text = '' } = filter;
  if (filter.isFound === true && shape.findings.length === 0) return false;
  const isFound =
    (guard === undefined && category === undefined) ||
    shape.findings.some((found) => is(guard, found.guard) && is(category, found.category));
  const reason = (shape.reason ?? '').toLowerCase();
  return (
    is(filter.tenant, shape.tenant) &&
    is(filter.kind, shape.kind) &&
    (filter.isEnd !== true || shape.kind === 'complete' || shape.kind === 'deny') &&
    is(filter.route, shape.route) &&
    is(filter.model, shape.model) &&
    is(filter.provider, shape.provider) &&
    is(filter.decision, shape.decision) &&
    is(filter.status, shape.status) &&
    is(filter.action, shape.action) &&
    isFound &&
    wordsOf(text).every((word) => reason.includes(word))
  );
}

function isOfRecord(row: IndexRow, filter: IndexFilter): boolean {
  const { fromMs, toMs, costMinNanoUsd: min, costMaxNanoUsd: max } = filter;
  const { costNanoUsd: cost } = row;
  return (
    is(filter.requestId, row.requestId) &&
    is(filter.user, row.user) &&
    is(filter.endUser, row.endUser) &&
    is(filter.key, row.key) &&
    (fromMs === undefined || row.atMs >= fromMs) &&
    (toMs === undefined || row.atMs < toMs) &&
    (min === undefined || (cost !== null && cost >= min)) &&
    (max === undefined || (cost !== null && cost <= max))
  );
}
