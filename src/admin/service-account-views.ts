/** What leaves the gateway about a service account, field by field as in views.ts. */
import { z } from 'zod';

import type { ServiceAccountRecord } from '#storage/records.ts';

import type { ServiceAccountView } from './service-account-contract.ts';
import { lifecycle, timeText } from './views.ts';

export const SERVICE_ACCOUNT_PREFIX = 'sva_';

export const serviceAccountView = z.strictObject({
  id: z.string(),
  name: z.string().meta({ description: 'What bindings, limits and records say.' }),
  tenant: z.string(),
  team: z.string().nullable(),
  description: z.string().nullable(),
  status: lifecycle,
  createdAt: z.string(),
  version: z.int(),
}) satisfies z.ZodType<ServiceAccountView>;

export const showServiceAccount = (record: ServiceAccountRecord) => ({
  id: SERVICE_ACCOUNT_PREFIX + record.id,
  name: record.name,
  tenant: record.tenant,
  team: record.team,
  description: record.description,
  status: record.status,
  createdAt: timeText(record.createdMs),
  version: record.version,
});
