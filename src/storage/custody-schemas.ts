/** The shapes of what custody keeps, checked when it is read. */
import { z } from 'zod';

import type { KeyRingRecord, ProviderSecretRecord } from './custody-records.ts';

const text = z.string();
const int = z.int();

export const keyRingRecord: z.ZodType<KeyRingRecord> = z.object({
  id: text,
  tenant: text.nullable(),
  keys: z.array(z.object({ number: int, root: text, wrapped: text, createdMs: int })),
  version: int,
});

export const providerSecretRecord: z.ZodType<ProviderSecretRecord> = z.object({
  id: text,
  tenant: text,
  provider: text,
  origin: text,
  sealed: text,
  createdMs: int,
  setMs: int,
  version: int,
});
