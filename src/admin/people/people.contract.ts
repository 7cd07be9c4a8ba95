/** People for tests of the admin plane: an account, and a session as a browser holds one. */
import type { Peppers } from '#config/peppers.ts';
import type { AccountRecord } from '#storage/people-records.ts';
import type { Storage } from '#storage/storage.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { newAccount } from './account-service.ts';
import { groundsOf } from './account-state.ts';
import { SESSION_COOKIE } from './cookies.ts';
import { Passwords } from './password-hash.ts';
import { sealTotp } from './second-factor.ts';
import { csrfTokenOf, newSessionToken, sessionIdOf } from './session-token.ts';
import { newTotpSecret, stepAt, totpCode } from './totp.ts';

export const newPassword = (): string => randomBase62(20);

export interface Person {
  readonly account: AccountRecord;
  readonly password: string;
  readonly totpSecret: string;
  /** The value of the cookie. */
  readonly session: string;
  readonly sessionId: string;
  code(nowMs: number): string;
}

interface Place {
  readonly storage: Storage;
  readonly peppers: Peppers;
  readonly nowMs: number;
}

const known = { password: newPassword(), phc: '' };

/** With a password that all of them share: a hash is dear. Their second factor is begun. */
export async function addPerson(
  { storage, peppers, nowMs }: Place,
  wanted: Partial<AccountRecord> = {},
): Promise<Person> {
  if (known.phc === '') known.phc = (await new Passwords().hash(known.password)) ?? '';
  const login = `ann-${randomBase62(8).toLowerCase()}@example.com`;
  const password = { phc: known.phc, setMs: nowMs, temporaryUntilMs: null };
  const role = 'platform-admin';
  const base = newAccount({ login, name: 'Ann', role, tenant: null, password }, nowMs);
  const totpSecret = newTotpSecret();
  const sealed = sealTotp(totpSecret, base, peppers);
  const totp = { sealed, confirmedMs: null, lastStep: 0, recoveryMacs: [] };
  const account: AccountRecord = { ...base, totp, ...wanted };
  const session = newSessionToken();
  const sessionId = sessionIdOf(session);
  const entry = { actor: 'test', action: 'seed', resource: 'test', tenant: null, diff: null };
  const done = await storage.change(
    { id: `seed_${randomBase62(20)}`, at: 1, ...entry },
    async (tx) => {
      await tx.accounts.insert(account);
      return await tx.sessions.insert({
        id: sessionId,
        owner: `account/${account.id}`,
        account: account.id,
        login,
        role: account.role,
        tenant: account.tenant,
        proof: 'password',
        sidHash: null,
        settings: groundsOf(account),
        createdMs: nowMs,
        seenMs: nowMs,
        endsMs: nowMs + 12 * 3_600_000,
        version: 1,
      });
    },
  );
  if (!done.ok) throw new Error('the seed was refused');
  const code = (atMs: number): string => totpCode(totpSecret, stepAt(atMs));
  return { account, password: known.password, totpSecret, session, sessionId, code };
}

/** What a page of the dashboard sends. */
export const browserHeaders = (session: string, port: number): Record<string, string> => ({
  cookie: `${SESSION_COOKIE}=${session}`,
  origin: `http://127.0.0.1:${port}`,
  'sec-fetch-site': 'same-origin',
  'x-csrf-token': csrfTokenOf(session),
});
