/** Base 62 text for ids and keys: digits, upper case, lower case. */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` characters, each uniform over 62: bytes from 248 up would favour the first letters. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length + 8)) {
      if (byte < 248 && text.length < length) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

/** An unsigned 32-bit integer in six characters, enough for 62^6 > 2^32. */
export function base62OfUint32(value: number): string {
  let rest = value >>> 0;
  let text = '';
  for (let index = 0; index < 6; index += 1) {
    text = ALPHABET.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
