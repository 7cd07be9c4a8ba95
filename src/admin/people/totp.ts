/** One-time codes of an authenticator (RFC 6238): SHA-1, 6 digits, 30 seconds, one step of drift. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const STEP_MS = 30_000;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 160 bits, as RFC 4226 section 4 wants, in base 32, as authenticators read it. */
export const newTotpSecret = (): string => base32(randomBytes(20));

export function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return [...bits.matchAll(/.{5}/gu)].map(([five]) => ALPHABET[Number.parseInt(five, 2)]).join('');
}

function bytesOf(secret: string): Buffer {
  const bits = Array.from(secret)
    .map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from([...bits.matchAll(/.{8}/gu)].map(([eight]) => Number.parseInt(eight, 2)));
}

/** The code of one time step (RFC 4226 section 5.3). */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

export const stepAt = (nowMs: number): number => Math.floor(nowMs / STEP_MS);

/**
 * The step whose code it is, of now and of one before and after, and later than `lastStep`: a code
 * that was seen over a shoulder or in a log has been used. Null: none. All three are compared.
 */
export function matchingStep(
  secret: string,
  code: string,
  lastStep: number,
  nowMs: number,
): number | null {
  const offered = Buffer.from(code);
  let matching: number | null = null;
  for (const step of [stepAt(nowMs) - 1, stepAt(nowMs), stepAt(nowMs) + 1]) {
    const expected = Buffer.from(totpCode(secret, step));
    const isEqual = offered.length === expected.length && timingSafeEqual(offered, expected);
    if (isEqual && step > lastStep && matching === null) matching = step;
  }
  return matching;
}

/** What an authenticator reads from a picture. */
export function totpUri(secret: string, login: string): string {
  const label = `LLMProxy:${encodeURIComponent(login)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=LLMProxy&algorithm=SHA1&digits=6&period=30`;
}
