/**
 * The value of a session cookie: 256 random bits. The store has its hash, so that a copy of the
 * database opens nothing. The CSRF token is made from it with a key that only its holder has, so
 * that one which was planted, or is of another session, never fits.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

import { randomBase62 } from '#stdx/base62.ts';

const TOKEN = /^[0-9A-Za-z]{43}$/u;

export const newSessionToken = (): string => randomBase62(43);

export const isSessionToken = (text: string): boolean => TOKEN.test(text);

/** Half of the hash names the session to administrators; it cannot be turned back into the value. */
export const sessionIdOf = (token: string): string => hash('sha256', token, 'hex').slice(0, 32);

export const csrfTokenOf = (token: string): string =>
  createHmac('sha256', token).update('llmproxy csrf 1').digest('base64url');

export function isCsrfTokenOf(token: string, offered: string | undefined): boolean {
  const expected = Buffer.from(csrfTokenOf(token));
  const given = Buffer.from(offered ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
