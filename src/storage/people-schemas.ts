/** The shapes of the records of people, checked when they are read. */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import type { AccountRecord, SessionRecord } from './people-records.ts';

const text = z.string();
const maybeText = text.nullable();
const int = z.int();
const maybeMs = int.nullable();
const role = z.enum(adminRoles);

export const accountRecord: z.ZodType<AccountRecord> = z.object({
  id: text,
  login: text,
  name: maybeText,
  role,
  tenant: maybeText,
  status: z.enum(['active', 'disabled']),
  password: z.object({ phc: text, setMs: int, temporaryUntilMs: maybeMs }),
  totp: z
    .object({
      sealed: text,
      confirmedMs: maybeMs,
      lastStep: int,
      recoveryMacs: z.array(text).max(16),
    })
    .nullable(),
  handed: z
    .object({ by: z.array(text), atMs: int })
    .nullable()
    .default(null),
  createdMs: int,
  version: int,
});

export const sessionRecord: z.ZodType<SessionRecord> = z.object({
  id: text,
  owner: text,
  account: maybeText,
  login: text,
  role,
  tenant: maybeText,
  proof: z.enum(['password', 'password+totp', 'password+recovery', 'oidc']),
  sidHash: maybeText,
  settings: maybeText,
  createdMs: int,
  seenMs: int,
  endsMs: int,
  version: int,
});
