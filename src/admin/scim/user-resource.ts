/** A user as SCIM shows it, and as SCIM may write it. */
import { z } from 'zod';

import type { ProvisionedUser, UserRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';

import { titleField, userField } from '../fields.ts';
import { timeText } from '../views.ts';
import { USER_TYPE } from './attributes.ts';
import { etagOf, SCIM_BASE } from './scim-route.ts';

export const EMAILS_MAX = 8;

/** Printable, as an identity provider's ids are. */
export const externalIdField = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u);

/** Of people's names an empty one says nothing, and providers send it. */
const nameField = z
  .union([titleField, z.literal('')])
  .optional()
  .transform((text) => (text === undefined || text === '' ? null : text));

export const userBody = z.strictObject({
  userName: userField,
  externalId: externalIdField.optional(),
  active: z.boolean().default(true),
  displayName: nameField,
  name: z
    .strictObject({ formatted: nameField, givenName: nameField, familyName: nameField })
    .prefault({}),
  emails: z
    .array(
      z.strictObject({
        value: z
          .string()
          .min(1)
          .max(320)
          .regex(/^[^\p{Cc}\p{Cs}\s]+$/u),
        type: z.string().max(32).optional(),
        primary: z.boolean().default(false),
      }),
    )
    .max(EMAILS_MAX)
    .default([]),
});

export type UserBody = z.output<typeof userBody>;

/** What the body says, as the record keeps it. */
export const provisionedOf = (
  body: UserBody,
  { id, changedMs }: Pick<ProvisionedUser, 'id' | 'changedMs'>,
): ProvisionedUser => ({
  id,
  externalId: body.externalId ?? null,
  isActive: body.active,
  removedMs: null,
  displayName: body.displayName,
  formatted: body.name.formatted,
  givenName: body.name.givenName,
  familyName: body.name.familyName,
  emails: body.emails.map(({ value, type = null, primary }) => ({
    value,
    type,
    isPrimary: primary,
  })),
  changedMs,
});

/** The one name that the rest of the gateway shows. */
export function shownNameOf(provisioned: ProvisionedUser): string | null {
  const { displayName, formatted, givenName, familyName } = provisioned;
  const parts = [givenName, familyName].filter((part) => part !== null).join(' ');
  return displayName ?? formatted ?? (parts === '' ? null : parts.slice(0, 256));
}

/** What a body may say, of a record: PATCH changes this. */
export function writableUser({ id, provisioned }: UserRecord): JsonObject {
  if (provisioned === null) return { userName: id };
  const { externalId, isActive, displayName, formatted, givenName, familyName } = provisioned;
  const name: JsonObject = {
    ...(formatted !== null && { formatted }),
    ...(givenName !== null && { givenName }),
    ...(familyName !== null && { familyName }),
  };
  const emails = provisioned.emails.map(({ value, type, isPrimary }) => ({
    value,
    ...(type !== null && { type }),
    primary: isPrimary,
  }));
  return {
    ...(externalId !== null && { externalId }),
    userName: id,
    ...(displayName !== null && { displayName }),
    ...(Object.keys(name).length > 0 && { name }),
    active: isActive,
    ...(emails.length > 0 && { emails }),
  };
}

export const userLocation = (id: string): string => `${SCIM_BASE}/Users/${id}`;

export function showScimUser(record: UserRecord, provisioned: ProvisionedUser): JsonObject {
  return {
    schemas: [USER_TYPE.urn],
    id: provisioned.id,
    ...writableUser(record),
    meta: {
      resourceType: 'User',
      created: timeText(record.createdMs),
      lastModified: timeText(Math.max(record.createdMs, provisioned.changedMs)),
      location: userLocation(provisioned.id),
      version: etagOf(record.version),
    },
  };
}
