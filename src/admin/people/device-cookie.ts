/**
 * A device on which somebody has signed in before. It proves nothing about who sits there: it only
 * keeps the tries of strangers from being counted against its owner.
 */
import { timingSafeEqual } from 'node:crypto';

import type { Peppers } from '#config/peppers.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { cookieText, DEVICE_COOKIE } from './cookies.ts';
import { keyedHash } from './secret-box.ts';

const SECONDS = 180 * 86_400;
const FORM = /^(?<device>[0-9A-Za-z]{16})\.(?<mac>(?<version>\d{1,6})\.[0-9a-f]{64})$/u;

const textOf = (account: string, device: string): string => `${account} ${device}`;

export function deviceCookie(account: string, peppers: Peppers): string {
  const device = randomBase62(16);
  const mac = keyedHash(textOf(account, device), 'device', peppers);
  return cookieText(DEVICE_COOKIE, `${device}.${mac}`, { seconds: SECONDS, sameSite: 'Strict' });
}

/** The device, where the cookie was given for this account; null otherwise. */
export function knownDevice(value: string | null, account: string, peppers: Peppers) {
  const { device, mac, version } = FORM.exec(value ?? '')?.groups ?? {};
  // A version that a stranger chose could be one that never was: only the newest counts.
  if (device === undefined || mac === undefined || Number(version) !== peppers.newest) return null;
  const expected = keyedHash(textOf(account, device), 'device', peppers);
  const isOurs =
    expected.length === mac.length && timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
  return isOurs ? device : null;
}
