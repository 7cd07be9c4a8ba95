/** What a person has said of a finding: right, wrong, or not known yet, and who looks at it. */
import { z } from 'zod';

export const verdicts = ['right', 'wrong', 'unclear'] as const;
export type FindingVerdict = (typeof verdicts)[number];

export interface JudgementRecord {
  /** `<writer>:<seq>:<guard>:<category>`: one of each finding of a record. */
  readonly id: string;
  readonly tenant: string | null;
  readonly writer: string;
  readonly seq: number;
  readonly guard: string;
  readonly category: string | null;
  /** When the finding was made, in Unix milliseconds. */
  readonly atMs: number;
  /** Null: it waits for somebody. */
  readonly verdict: FindingVerdict | null;
  readonly note: string | null;
  /** Who is to look at it. */
  readonly assignee: string | null;
  /** Who said so last, as the log names them. */
  readonly by: string;
  readonly judgedMs: number;
  readonly version: number;
}

export const judgementId = (
  writer: string,
  seq: number,
  { guard, category }: Pick<JudgementRecord, 'guard' | 'category'>,
): string => `${writer}:${seq}:${guard}:${category ?? ''}`;

const text = z.string();

export const judgementRecord: z.ZodType<JudgementRecord> = z.object({
  id: text,
  tenant: text.nullable(),
  writer: text,
  seq: z.int(),
  guard: text,
  category: text.nullable(),
  atMs: z.int(),
  verdict: z.enum(verdicts).nullable(),
  note: text.nullable(),
  assignee: text.nullable(),
  by: text,
  judgedMs: z.int(),
  version: z.int(),
});
