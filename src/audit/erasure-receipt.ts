/**
 * What is left of an erasure: the log names nobody, and who keeps the receipt can show with its salt of
 * whom the record in the log speaks.
 */
import { createHmac, randomBytes } from 'node:crypto';

import { randomBase62 } from '#stdx/base62.ts';

import type { ErasedPerson } from './erase.ts';

const SALT_BYTES = 16;

export interface ErasureReceipt {
  readonly id: string;
  /** HMAC-SHA256 of the person under the salt, base64url. */
  readonly commitment: string;
  /** Base64url. It stands in the receipt only. */
  readonly salt: string;
}

export function erasureReceipt({ tenant, user, endUser }: ErasedPerson): ErasureReceipt {
  const salt = randomBytes(SALT_BYTES);
  const named = JSON.stringify([tenant, user ?? null, endUser ?? null]);
  const commitment = createHmac('sha256', salt).update(named).digest('base64url');
  return { id: `ers_${randomBase62(20)}`, commitment, salt: salt.toString('base64url') };
}
