/** What leaves the gateway about people: no field for a password, a secret of theirs, or a hash. */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import type { AccountRecord, SessionRecord } from '#storage/people-records.ts';

import type { AccountOnce, AccountView, MeView, PersonSessionView } from '../contract.ts';
import { type Person } from '../permissions.ts';
import { maybeTime, timeText } from '../views.ts';
import { confirmedTotp } from './account-state.ts';

export const ACCOUNT_PREFIX = 'acc_';
export const SESSION_PREFIX = 'ses_';

const text = z.string();
const maybe = text.nullable();
const role = z.enum(adminRoles);
const proof = z.enum(['password', 'password+totp', 'password+recovery', 'oidc']);

export const accountView = z.strictObject({
  id: text,
  login: text,
  name: maybe,
  role,
  tenant: maybe,
  status: z.enum(['active', 'disabled']),
  hasSecondFactor: z.boolean(),
  passwordSetAt: text,
  temporaryUntil: maybe.meta({
    description: 'Not null: the password was made for them and must be changed until then.',
  }),
  createdAt: text,
  version: z.int(),
}) satisfies z.ZodType<AccountView>;

export const accountOnce = z.strictObject({
  ...accountView.shape,
  temporaryPassword: text.meta({ description: 'It is shown here and never again.' }),
}) satisfies z.ZodType<AccountOnce>;

export const sessionView = z.strictObject({
  id: text,
  login: text,
  account: maybe.meta({ description: 'Null: the identity provider keeps the person.' }),
  role,
  tenant: maybe,
  proof,
  createdAt: text,
  seenAt: text,
  endsAt: text,
}) satisfies z.ZodType<PersonSessionView>;

export const meView = z.strictObject({
  session: sessionView,
  csrfToken: text.meta({ description: 'For the header x-csrf-token of every write.' }),
  isIncomplete: z.boolean(),
  mustChangePassword: z.boolean(),
  hasSecondFactor: z.boolean(),
  idleSeconds: z.int(),
}) satisfies z.ZodType<MeView>;

export const showAccount = (record: AccountRecord) => ({
  id: ACCOUNT_PREFIX + record.id,
  login: record.login,
  name: record.name,
  role: record.role,
  tenant: record.tenant,
  status: record.status,
  hasSecondFactor: confirmedTotp(record) !== null,
  passwordSetAt: timeText(record.password.setMs),
  temporaryUntil: maybeTime(record.password.temporaryUntilMs),
  createdAt: timeText(record.createdMs),
  version: record.version,
});

export const showSession = (record: SessionRecord) => ({
  id: SESSION_PREFIX + record.id,
  login: record.login,
  account: record.account === null ? null : ACCOUNT_PREFIX + record.account,
  role: record.role,
  tenant: record.tenant,
  proof: record.proof,
  createdAt: timeText(record.createdMs),
  seenAt: timeText(record.seenMs),
  endsAt: timeText(record.endsMs),
});

export const showMe = (
  { session, csrf, isRestricted }: Pick<Person, 'session' | 'csrf' | 'isRestricted'>,
  account: AccountRecord | null,
  idleMs: number,
) => ({
  session: showSession(session),
  csrfToken: csrf,
  isIncomplete: isRestricted,
  mustChangePassword: account !== null && account.password.temporaryUntilMs !== null,
  hasSecondFactor: account !== null && confirmedTotp(account) !== null,
  idleSeconds: Math.floor(idleMs / 1_000),
});
