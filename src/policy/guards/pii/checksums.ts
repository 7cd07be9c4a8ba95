/** Check digits. Each takes digits (or the letters its scheme has) without separators. */
import { createHash } from 'node:crypto';

export const digitsOf = (text: string): string => text.replaceAll(/\D/gu, '');
export const compact = (text: string): string =>
  text.replaceAll(/[^0-9A-Za-z]/gu, '').toUpperCase();

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

export function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const value = digit(digits, digits.length - 1 - at);
    const doubled = at % 2 === 1 ? value * 2 : value;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** ISO 7064 mod 97, letters as numbers from 10. */
export function mod97(text: string): number {
  let rest = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

/** The sum of the digits, each by its weight. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * digit(digits, at), 0);
}

/** The last digit is 11 less the rest of a weighted sum; 11 is 0, and 10 is no number. */
export function mod11(digits: string, weights: readonly number[]): boolean {
  const check = (11 - (weighted(digits, weights) % 11)) % 11;
  return check === digit(digits, weights.length);
}

/** ISO 7064 mod 11,10: German tax and VAT numbers. */
export function mod11ten(digits: string): boolean {
  let product = 10;
  for (let at = 0; at < digits.length - 1; at += 1) {
    const sum = (digit(digits, at) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digit(digits, digits.length - 1);
}

/** Whether two digits each for day and month are a day of a month. */
export function isDay(day: number, month: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= (DAYS[month - 1] ?? 0);
}
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Base58 with the four bytes of a doubled SHA-256 at its end: what old wallet addresses are. */
export function isBase58Check(text: string): boolean {
  let value = 0n;
  for (const character of text) {
    const at = BASE58.indexOf(character);
    if (at === -1) return false;
    value = value * 58n + BigInt(at);
  }
  const hex = value.toString(16).padStart(50, '0');
  if (hex.length !== 50) return false;
  const bytes = Buffer.from(hex, 'hex');
  const once = createHash('sha256').update(bytes.subarray(0, 21)).digest();
  const twice = createHash('sha256').update(once).digest();
  return twice.subarray(0, 4).equals(bytes.subarray(21));
}

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Bech32 and bech32m: new wallet addresses. */
export function isBech32(text: string): boolean {
  const split = text.lastIndexOf('1');
  const prefix = text.slice(0, split);
  const values = [
    ...Array.from(prefix, (letter) => letter.charCodeAt(0) >> 5),
    0,
    ...Array.from(prefix, (letter) => letter.charCodeAt(0) & 31),
    ...Array.from(text.slice(split + 1), (letter) => BECH32.indexOf(letter)),
  ];
  if (values.includes(-1)) return false;
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if ((top >>> bit) & 1) sum ^= generator;
  }
  return sum === 1 || sum === 0x2bc830a3;
}
