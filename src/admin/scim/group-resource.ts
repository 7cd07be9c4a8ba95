/** A group as SCIM shows it, and as SCIM may write it. */
import { z } from 'zod';

import type { GroupRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';

import { titleField } from '../fields.ts';
import { timeText } from '../views.ts';
import { GROUP_TYPE } from './attributes.ts';
import { etagOf, SCIM_BASE } from './scim-route.ts';
import { externalIdField, userLocation } from './user-resource.ts';

export const MEMBERS_MAX = 5_000;

export const groupBody = z.strictObject({
  displayName: titleField,
  externalId: externalIdField.optional(),
  members: z
    .array(
      z.strictObject({
        value: z.string().regex(/^[0-9A-Za-z]{22}$/u),
        // A group in a group would give roles by ways that nobody sees.
        type: z.enum(['User', 'user', 'direct', '']).optional(),
      }),
    )
    .max(MEMBERS_MAX)
    .default([]),
});

export type GroupBody = z.output<typeof groupBody>;

export const memberIdsOf = ({ members }: GroupBody): readonly string[] => [
  ...new Set(members.map(({ value }) => value)),
];

/** What a body may say, of a record: PATCH changes this. */
export const writableGroup = ({ displayName, externalId, members }: GroupRecord): JsonObject => ({
  displayName,
  ...(externalId !== null && { externalId }),
  members: members.map((value) => ({ value, type: 'User' })),
});

export const groupLocation = (id: string): string => `${SCIM_BASE}/Groups/${id}`;

export const showScimGroup = (record: GroupRecord): JsonObject => ({
  schemas: [GROUP_TYPE.urn],
  id: record.id,
  displayName: record.displayName,
  ...(record.externalId !== null && { externalId: record.externalId }),
  members: record.members.map((value) => ({ value, $ref: userLocation(value), type: 'User' })),
  meta: {
    resourceType: 'Group',
    created: timeText(record.createdMs),
    lastModified: timeText(record.changedMs),
    location: groupLocation(record.id),
    version: etagOf(record.version),
  },
});
