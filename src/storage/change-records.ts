/** Changes of the configuration through the admin API: proposed, applied, undone. */
import { z } from 'zod';

import type { JsonObject } from '#stdx/json.ts';

export interface ChangedEntry {
  readonly section: string;
  readonly name: string;
  /** Null: it was not there, or is taken out. Without secrets once it was applied. */
  readonly before: JsonObject | null;
  readonly value: JsonObject | null;
  /** Of the entry as whoever proposed it had read it; null: there was none. */
  readonly version: number | null;
}

export interface ConfigChangeRecord {
  /** In the order of time. */
  readonly id: string;
  readonly state: 'proposed' | 'applied';
  readonly entries: readonly ChangedEntry[];
  readonly note: string | null;
  readonly proposedBy: string;
  /** Whose hand it was: a token acts for whoever made it. */
  readonly proposedParty: string;
  readonly proposedMs: number;
  readonly appliedBy: string | null;
  readonly appliedMs: number | null;
  /** The change that this one takes back. */
  readonly undoes: string | null;
  readonly version: number;
}

const text = z.string();
const object: z.ZodType<JsonObject> = z.record(text, z.json());

export const configChangeRecord: z.ZodType<ConfigChangeRecord> = z.object({
  id: text,
  state: z.enum(['proposed', 'applied']),
  entries: z.array(
    z.object({
      section: text,
      name: text,
      before: object.nullable(),
      value: object.nullable(),
      version: z.int().nullable(),
    }),
  ),
  note: text.nullable(),
  proposedBy: text,
  proposedParty: text.default(''),
  proposedMs: z.int(),
  appliedBy: text.nullable(),
  appliedMs: z.int().nullable(),
  undoes: text.nullable(),
  version: z.int(),
});
