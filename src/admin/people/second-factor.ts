/** The second factor of an account: codes of an authenticator, and recovery codes that work once. */
import { randomBytes, timingSafeEqual } from 'node:crypto';

import type { Peppers } from '#config/peppers.ts';
import type { AccountRecord, TotpRecord } from '#storage/people-records.ts';

import { keyedHash, seal, unseal } from './secret-box.ts';
import { base32, matchingStep } from './totp.ts';

const RECOVERY_CODES = 10;
const TOTP_CODE = /^\d{6}$/u;

type Owned = Pick<AccountRecord, 'id'>;

export const sealTotp = (secret: string, { id }: Owned, peppers: Peppers): string =>
  seal(secret, 'totp', id, peppers);

/** 80 bits each, in four groups: nobody guesses one, and people can type one. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () =>
    base32(randomBytes(10))
      .toLowerCase()
      .replaceAll(/.{4}(?!$)/gu, '$&-'),
  );
}

const plain = (code: string): string => code.toLowerCase().replaceAll(/[\s-]/gu, '');

export const recoveryMac = (code: string, { id }: Owned, peppers: Peppers, version?: number) =>
  keyedHash(`${id} ${plain(code)}`, 'recovery', peppers, version);

export interface UsedCode {
  readonly proof: 'password+totp' | 'password+recovery';
  /** The factor without what was used: it is written in the transaction that relies on it. */
  readonly totp: TotpRecord;
}

/** What the code proves and uses up; null: nothing. */
export function useCode(
  account: Owned,
  totp: TotpRecord,
  code: string,
  { peppers, nowMs }: { readonly peppers: Peppers; readonly nowMs: number },
): UsedCode | null {
  const text = plain(code);
  if (TOTP_CODE.test(text)) {
    const secret = unseal(totp.sealed, 'totp', account.id, peppers);
    const step = secret === null ? null : matchingStep(secret, text, totp.lastStep, nowMs);
    if (step === null) return null;
    return { proof: 'password+totp', totp: { ...totp, lastStep: step } };
  }
  const left = totp.recoveryMacs.filter((mac) => !isCodeOf(mac, code, account, peppers));
  if (left.length === totp.recoveryMacs.length) return null;
  return { proof: 'password+recovery', totp: { ...totp, recoveryMacs: left } };
}

function isCodeOf(mac: string, code: string, account: Owned, peppers: Peppers): boolean {
  const [version = ''] = mac.split('.');
  const offered = Buffer.from(recoveryMac(code, account, peppers, Number(version)));
  const stored = Buffer.from(mac);
  return offered.length === stored.length && timingSafeEqual(offered, stored);
}
