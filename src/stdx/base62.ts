/** Base 62 text for ids and keys: digits, upper case, lower case. */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Random bytes are asked for in pools: the call costs far more than the bytes. */
const POOL_BYTES = 4_096;
let pool = randomBytes(POOL_BYTES);
let used = 0;

/** `length` characters, each uniform over 62: bytes from 248 up would favour the first letters. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    if (used === POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const byte = pool[used] ?? 255;
    // What was used is gone: a later reader of this memory learns no key.
    pool[used] = 0;
    used += 1;
    if (byte < 248) text += ALPHABET.charAt(byte % 62);
  }
  return text;
}

/** An unsigned 32-bit integer in six characters, enough for 62^6 > 2^32. */
export const base62OfUint32 = (value: number): string => base62Of(value >>> 0, 6);

/** The last `length` digits of a whole number; the order of texts is that of numbers. */
function base62Of(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let index = 0; index < length; index += 1) {
    text = ALPHABET.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** 62^7 milliseconds reach to the year 2081. */
const TIME_CHARS = 7;
let timeMs = -1;
let timeText = '';

/**
 * `length` characters that begin with the time, so that ids of one moment stand together in an index,
 * and those of a day at its end: a store then writes one page for many of them. The rest is random: of
 * twenty characters, 77 bits.
 */
export function timedBase62(length: number, nowMs: number): string {
  if (nowMs !== timeMs) {
    timeMs = nowMs;
    timeText = base62Of(nowMs, TIME_CHARS);
  }
  return timeText + randomBase62(length - TIME_CHARS);
}
