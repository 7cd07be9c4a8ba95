/**
 * `llmp_<live|test>_<12 base62 id>_<43 base62 secret><6 base62 CRC-32>`.
 *
 * The checksum lets a flood of made-up keys be refused before any look-up, and lets secret scanners
 * tell a real key from a look-alike. It proves nothing: the secret does.
 */
import { crc32 } from 'node:zlib';

import { base62OfUint32, randomBase62 } from '#stdx/base62.ts';
import { HmacSha256 } from '#stdx/hmac.ts';

export type KeyMode = 'live' | 'test';

export interface ApiKeyParts {
  readonly mode: KeyMode;
  readonly id: string;
  readonly secret: string;
}

const KEY =
  /^llmp_(?<mode>live|test)_(?<id>[0-9A-Za-z]{12})_(?<secret>[0-9A-Za-z]{43})(?<crc>[0-9A-Za-z]{6})$/u;
const KEY_CHARS = 'llmp_live_'.length + 12 + 1 + 43 + 6;

/** Whether a token claims to be one of our keys; if it does, nobody else may answer for it. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith('llmp_');

/** The parts of a key whose form and checksum are right, or null. */
export function parseApiKey(token: string): ApiKeyParts | null {
  if (token.length !== KEY_CHARS) return null;
  const groups = KEY.exec(token)?.groups;
  const { mode, id, secret, crc } = groups ?? {};
  if (mode === undefined || id === undefined || secret === undefined) return null;
  if (base62OfUint32(crc32(token.slice(0, -6))) !== crc) return null;
  return { mode: mode === 'live' ? 'live' : 'test', id, secret };
}

export function formatApiKey({ mode, id, secret }: ApiKeyParts): string {
  const head = `llmp_${mode}_${id}_${secret}`;
  return head + base62OfUint32(crc32(head));
}

/** 62^43 > 2^256: a secret of ours cannot be guessed, so a fast hash is right for it. */
export const newApiKey = (mode: KeyMode, id: string = randomBase62(12)): ApiKeyParts => ({
  mode,
  id,
  secret: randomBase62(43),
});

/** A few peppers, each for as long as somebody holds it. */
const hmacs = new WeakMap<Uint8Array, HmacSha256>();

function hmacOf(pepper: Uint8Array): HmacSha256 {
  const known = hmacs.get(pepper);
  if (known !== undefined) return known;
  const hmac = new HmacSha256(pepper);
  hmacs.set(pepper, hmac);
  return hmac;
}

/** What is stored instead of the secret. The pepper is not in the database. */
export const macOf = (pepper: Uint8Array, id: string, secret: string): Buffer =>
  hmacOf(pepper).of(`${id}\n${secret}`);
