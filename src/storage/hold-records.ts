/** Legal holds, as the store keeps them for every gateway on it. */
import { z } from 'zod';

import type { Hold } from './contents.ts';

export interface HoldRecord extends Hold {
  readonly version: number;
}

const text = z.string();

export const holdRecord: z.ZodType<HoldRecord> = z.object({
  id: text,
  tenant: text.nullable(),
  user: text.nullable(),
  reason: text,
  actor: text,
  isOfPlatform: z.boolean(),
  atMs: z.int(),
  version: z.int(),
});
