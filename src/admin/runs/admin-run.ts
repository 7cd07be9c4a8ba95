/** A run as administrators and exports are shown it. */
import { z } from 'zod';

import type { KeyRecord } from '#storage/records.ts';

import type { RunView } from '../run-contract.ts';
import { KEY_PREFIX, maybeTime } from '../views.ts';
import { showRun } from './run-views.ts';

const text = z.string();
const maybe = text.nullable();

export const runView = z.strictObject({
  id: text,
  tenant: text,
  team: maybe,
  user: maybe,
  key: text.meta({ description: 'The key that the outermost run was minted with.' }),
  name: maybe,
  parent: maybe.meta({ description: 'The run that it was minted with; null: the key itself.' }),
  usd: z.number().nullable(),
  calls: z.int().nullable(),
  depth: z.int().meta({ description: 'How many runs may be below each other under it.' }),
  tools: z.array(text).nullable(),
  models: z.array(text).nullable(),
  createdAt: text,
  expiresAt: text,
  endedAt: maybe,
}) satisfies z.ZodType<RunView>;

export const adminRun = (record: KeyRecord) => ({
  ...showRun(record),
  tenant: record.tenant,
  team: record.team,
  user: record.user,
  key: KEY_PREFIX + (record.run?.holder ?? record.id),
  endedAt: maybeTime(record.revokedMs),
});
