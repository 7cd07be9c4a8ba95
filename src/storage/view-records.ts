/** Filters that administrators keep under a name: one record a person or token, so that it is bounded. */
import { z } from 'zod';

export interface SavedView {
  readonly id: string;
  readonly name: string;
  /** What to look for, by the name of the filter. It may name people, so it goes when its owner does. */
  readonly query: Readonly<Record<string, string>>;
  readonly savedMs: number;
}

export interface SavedViewsRecord {
  /** Whose they are, as the log names them. */
  readonly id: string;
  readonly views: readonly SavedView[];
  readonly version: number;
}

const text = z.string();

export const savedViewsRecord: z.ZodType<SavedViewsRecord> = z.object({
  id: text,
  views: z.array(z.object({ id: text, name: text, query: z.record(text, text), savedMs: z.int() })),
  version: z.int(),
});
