/** What an account is and may do now, read from its record alone. */
import { hash } from 'node:crypto';

import type { Config } from '#config/config.ts';
import type { AccountRecord, TotpRecord } from '#storage/people-records.ts';

/** Login names differ in more than case, or they are one. */
export const loginOf = (login: string): string => login.normalize('NFKC').toLowerCase();

export const accountIdOf = (login: string): string =>
  hash('sha256', `account ${loginOf(login)}`, 'hex').slice(0, 24);

/** Ids stand in the log, where a login name could not be erased from a resource. */
export const accountActor = (id: string): string => `account:acc_${id}`;

export const confirmedTotp = ({ totp }: Pick<AccountRecord, 'totp'>): TotpRecord | null =>
  totp === null || totp.confirmedMs === null ? null : totp;

/**
 * What a session of it rests on: with another password or second factor it is over. Told by value and
 * not by time, so that a sign-in beside the change, at a gateway of another clock, is caught too.
 */
export function groundsOf({ password, totp }: Pick<AccountRecord, 'password' | 'totp'>): string {
  const { confirmedMs = null } = confirmedTotp({ totp }) ?? {};
  return hash('sha256', `grounds ${confirmedMs ?? 'none'} ${password.phc}`, 'hex').slice(0, 32);
}

/** Its session may only finish signing in: change the password that somebody else chose, enrol. */
export const isIncomplete = (account: AccountRecord, { admin }: Pick<Config, 'admin'>): boolean =>
  account.password.temporaryUntilMs !== null ||
  (admin.accounts.secondFactor === 'required' && confirmedTotp(account) === null);
