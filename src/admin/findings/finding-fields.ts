/** Findings out of rows of the index, with what people have said of them. */
import { z } from 'zod';

import type { IndexedFinding, IndexRow } from '#storage/audit-index.ts';
import { type JudgementRecord, judgementId, verdicts } from '#storage/judgement-records.ts';
import type { Repository } from '#storage/storage.ts';

import type { FindingView, JudgementView } from '../finding-contract.ts';

const text = z.string();
const name = text.nullable();

export const judgementView = z.strictObject({
  verdict: z.enum(verdicts).nullable(),
  note: name,
  assignee: name,
  by: text,
  at: text,
  version: z.int(),
}) satisfies z.ZodType<JudgementView>;

export const findingView = z.strictObject({
  writer: text,
  seq: z.int(),
  at: text,
  requestId: name,
  tenant: name,
  key: name,
  model: name,
  guard: text,
  category: name,
  action: text,
  judgement: judgementView.nullable(),
}) satisfies z.ZodType<FindingView>;

export interface Found {
  readonly row: IndexRow;
  readonly finding: IndexedFinding;
  readonly judgement: JudgementRecord | null;
}

/** A guard that did two things about one category is one finding: whoever judges it judges the category. */
export async function findingsOf(
  row: IndexRow,
  judgements: Pick<Repository<JudgementRecord>, 'find'>,
): Promise<readonly Found[]> {
  const byId = new Map(
    row.shape.findings.map((finding) => [judgementId(row.writer, row.seq, finding), finding]),
  );
  return await Promise.all(
    [...byId].map(async ([id, finding]) => ({
      row,
      finding,
      judgement: await judgements.find(id),
    })),
  );
}

export const showJudgement = (record: JudgementRecord): JudgementView => ({
  verdict: record.verdict,
  note: record.note,
  assignee: record.assignee,
  by: record.by,
  at: new Date(record.judgedMs).toISOString(),
  version: record.version,
});

export const showFinding = ({ row, finding, judgement }: Found): FindingView => ({
  writer: row.writer,
  seq: row.seq,
  at: new Date(row.atMs).toISOString(),
  requestId: row.requestId,
  tenant: row.shape.tenant,
  key: row.key,
  model: row.shape.model,
  guard: finding.guard,
  category: finding.category,
  action: finding.action,
  judgement: judgement === null ? null : showJudgement(judgement),
});
