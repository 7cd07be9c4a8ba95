/** What several routes do with accounts: new passwords, and the words for refused ones. */
import type { AccountRecord } from '#storage/people-records.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { AdminRole } from '../contract.ts';
import { type Problem, problem } from '../problem.ts';
import type { AdminPorts } from '../route.ts';
import { accountIdOf, loginOf } from './account-state.ts';
import {
  PASSWORD_CHARS_MAX,
  PASSWORD_CHARS_MIN,
  passwordFlaw,
  type PasswordFlaw,
} from './password-policy.ts';

/** A password that was told to somebody lies about somewhere: it has an end. */
const TEMPORARY_MS = 24 * 3_600_000;

const WORDS: Readonly<Record<PasswordFlaw, string>> = {
  short: `Choose at least ${PASSWORD_CHARS_MIN} characters.`,
  long: `Choose at most ${PASSWORD_CHARS_MAX} characters.`,
  obvious: 'It is made of common words, names or sequences: others would guess it.',
};

type Ports = Pick<AdminPorts, 'people' | 'clock'>;

/** The hash of a password that somebody chose, or why it may not be used. */
export async function chosenHash(
  password: string,
  words: readonly string[],
  { people }: Ports,
): Promise<Result<string, Problem>> {
  const flaw = passwordFlaw(password, words);
  if (flaw !== null) {
    const errors = [{ field: 'password', problem: WORDS[flaw] }];
    return err({ reason: 'request-malformed', errors });
  }
  const phc = await people.passwords.hash(password);
  return phc === null ? err(problem('busy')) : ok(phc);
}

/** A password for somebody else to begin with. */
export async function temporaryPassword({ people, clock }: Ports) {
  const password = randomBase62(20);
  const phc = await people.passwords.hash(password);
  if (phc === null) return err(problem('busy'));
  const setMs = clock.nowMs();
  return ok({ password, record: { phc, setMs, temporaryUntilMs: setMs + TEMPORARY_MS } });
}

export interface NewAccount {
  readonly login: string;
  readonly name: string | null;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly password: AccountRecord['password'];
}

export const newAccount = (wanted: NewAccount, nowMs: number): AccountRecord => ({
  ...wanted,
  id: accountIdOf(wanted.login),
  login: loginOf(wanted.login),
  status: 'active',
  totp: null,
  handed: null,
  createdMs: nowMs,
  version: 1,
});
