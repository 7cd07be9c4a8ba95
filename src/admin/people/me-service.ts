/** What the routes of one's own account share: whose it is, and that it is really they. */
import type { AccountRecord } from '#storage/people-records.ts';
import { assert } from '#stdx/assert.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Person } from '../permissions.ts';
import { type Problem, problem } from '../problem.ts';
import type { AdminCall } from '../route.ts';
import { confirmedTotp } from './account-state.ts';
import { useCode } from './second-factor.ts';

type Call = Pick<AdminCall, 'actor' | 'ports' | 'ip'>;

export function personOf({ actor }: Pick<Call, 'actor'>): Person {
  assert(actor.person !== null, 'the permissions of `me` are held by persons only');
  return actor.person;
}

export async function ownAccount(call: Call): Promise<AccountRecord | null> {
  const { account } = personOf(call).session;
  return account === null ? null : await call.ports.storage.accounts.find(account);
}

export interface Again {
  readonly password: string;
  readonly code?: string | undefined;
}

/**
 * The account, if its password was given again, and the code where `isCodeNeeded`. A session that
 * somebody left open must not become an account that somebody else keeps. Tries are counted.
 */
export async function provenAgain(
  call: Call,
  { password, code }: Again,
  isCodeNeeded: boolean,
): Promise<Result<AccountRecord, Problem>> {
  const account = await ownAccount(call);
  if (account === null) return err(problem('no-account'));
  const { people, peppers, clock } = call.ports;
  const device = `session/${personOf(call).session.id}`;
  const attempt = { account: account.id, ip: call.ip, device };
  const retryMs = people.throttle.take(attempt);
  if (retryMs !== null) return err({ ...problem('too-many-attempts'), retryMs });
  const isRight = await people.passwords.verify(password, account.password.phc, 'known');
  if (isRight === null) {
    people.throttle.forgive(attempt);
    return err(problem('busy'));
  }
  if (!isRight) return err(problem('password-wrong'));
  const totp = confirmedTotp(account);
  if (isCodeNeeded && totp !== null) {
    const used = useCode(account, totp, code ?? '', { peppers, nowMs: clock.nowMs() });
    if (used === null) return err(problem('password-wrong'));
  }
  people.throttle.forgive(attempt);
  return ok(account);
}
