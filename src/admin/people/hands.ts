/**
 * Whose hand somebody acts by. Who makes an account, or gives it another password, knows how to sign in
 * with it: for a day the account is no other person than whoever gave it, nor than who gave theirs.
 */
import type { AccountRecord } from '#storage/people-records.ts';
import type { Repository } from '#storage/storage.ts';

import { accountActor } from './account-state.ts';

/** A day in which the one whose account it is, or another administrator, may notice. */
const NOTICE_MS = 86_400_000;

type Accounts = Pick<Repository<AccountRecord>, 'find'>;

/** The party itself, and those who had its account in hand within a day before `atMs`, or since. */
export async function handsOf(
  party: string,
  accounts: Accounts,
  atMs: number,
): Promise<readonly string[]> {
  const prefix = accountActor('');
  const id = party.startsWith(prefix) ? party.slice(prefix.length) : null;
  const handed = id === null ? null : ((await accounts.find(id))?.handed ?? null);
  return handed !== null && handed.atMs >= atMs - NOTICE_MS ? [party, ...handed.by] : [party];
}

/** Whether one of two who have to be two may be the other, or a third both. */
export async function isOneHand(
  [asker, other]: readonly [string, string],
  accounts: Accounts,
  askedMs: number,
): Promise<boolean> {
  const hands = new Set(await handsOf(asker, accounts, askedMs));
  return (await handsOf(other, accounts, askedMs)).some((hand) => hands.has(hand));
}
