/** Leave to see what was said in calls of a tenant: who asked, why, and until when. */
import { z } from 'zod';

export interface ContentLeaveRecord {
  readonly id: string;
  readonly tenant: string;
  /** Who asked, as the log names them. */
  readonly asker: string;
  /** Whose hand asked: a token of theirs is no other person. */
  readonly party: string;
  readonly reason: string;
  readonly minutes: number;
  /** Unix milliseconds, as the other times. */
  readonly askedMs: number;
  /** Null: nobody has agreed, and somebody has to. */
  readonly agreedBy: string | null;
  readonly endsMs: number;
  readonly version: number;
}

const text = z.string();

export const contentLeaveRecord: z.ZodType<ContentLeaveRecord> = z.object({
  id: text,
  tenant: text,
  asker: text,
  party: text,
  reason: text,
  minutes: z.int(),
  askedMs: z.int(),
  agreedBy: text.nullable(),
  endsMs: z.int(),
  version: z.int(),
});
