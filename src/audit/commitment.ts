/**
 * Salted commitments: HMAC-SHA-256(salt, value), 16 random bytes of salt each, base64url.
 *
 * The salt keeps a commitment from being searched: without it, anyone who holds the log could try
 * every address and every user name. Destroying salt and value leaves a number that says nothing.
 */
import { hash, randomFillSync } from 'node:crypto';

import { Fault } from '#domain/fault.ts';
import { assert } from '#stdx/assert.ts';

export interface Sealed {
  readonly commitment: string;
  readonly salt: string;
  readonly value: string;
}

const SALT_BYTES = 16;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longest value sealed, in UTF-16 units. Longer ones are refused by the frame's own bound first. */
export const SEALED_CHARS_MAX = 4_096;

const salts = Buffer.alloc(SALT_BYTES * 256);
let saltsUsedBytes = salts.length;

// `createHmac` costs 14 µs here and two one-shot hashes 0.7 µs, so HMAC (RFC 2104) is spelt out.
// These two are scratch space: HMAC runs to its end without leaving the event-loop turn.
const inner = Buffer.alloc(BLOCK_BYTES + SEALED_CHARS_MAX * 3);
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

/** One character a byte. A digest as a Buffer costs three times as much. */
const RAW = 'binary';

export function seal(value: string): Sealed {
  if (saltsUsedBytes === salts.length) {
    randomFillSync(salts);
    saltsUsedBytes = 0;
  }
  const at = saltsUsedBytes;
  saltsUsedBytes += SALT_BYTES;
  const salt = salts.toString('base64url', at, at + SALT_BYTES);
  return { commitment: hmac(salts, at, value), salt, value };
}

/** Two records of one call share what they commit to: their request id links them anyway. */
export interface SealedPersons {
  readonly user: Sealed | undefined;
  readonly endUser: Sealed | undefined;
  readonly ip: Sealed | undefined;
}

/** Who calls; absent where nobody knows. */
export interface Persons {
  readonly user?: string | undefined;
  readonly endUser?: string | undefined;
  readonly ip?: string | undefined;
}

/** Throws `Fault('audit-failed')` where a value is longer than a frame takes. */
export const sealPersons = ({ user, endUser, ip }: Persons): SealedPersons => ({
  user: sealIfAny(user),
  endUser: sealIfAny(endUser),
  ip: sealIfAny(ip),
});

export const sealIfAny = (value: string | undefined): Sealed | undefined => {
  if (value === undefined) return undefined;
  if (value.length > SEALED_CHARS_MAX)
    throw new Fault('audit-failed', 'a personal value is too long');
  return seal(value);
};

const saltScratch = Buffer.alloc(SALT_BYTES);

/** Whether this salt and value are what was committed to. Not a secret comparison: no timing. */
export function opens(commitment: string, salt: string, value: string): boolean {
  if (value.length > SEALED_CHARS_MAX) return false;
  if (saltScratch.write(salt, 'base64url') !== SALT_BYTES) return false;
  return hmac(saltScratch, 0, value) === commitment;
}

function hmac(key: Buffer, at: number, value: string): string {
  assert(value.length <= SEALED_CHARS_MAX, 'a sealed value fits the scratch space');
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const byte = index < SALT_BYTES ? (key[at + index] ?? 0) : 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  const bytes = inner.write(value, BLOCK_BYTES, 'utf8');
  outer.write(hash('sha256', inner.subarray(0, BLOCK_BYTES + bytes), RAW), BLOCK_BYTES, RAW);
  return hash('sha256', outer, 'base64url');
}
