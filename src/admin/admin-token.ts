/**
 * `llmpa_<12 base62 id>_<43 base62 secret><6 base62 CRC-32>`, built as API keys are and of another
 * prefix, so that neither is ever taken for the other. Form and checksum are checked before any
 * look-up; an unknown id costs what a wrong secret costs; the store holds a keyed hash.
 */
import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

import type { Peppers } from '#config/peppers.ts';
import { macOf } from '#policy/authenticators/api-key-format.ts';
import type { AdminTokenRecord } from '#storage/records.ts';
import type { Repository } from '#storage/storage.ts';
import { base62OfUint32, randomBase62 } from '#stdx/base62.ts';

const TOKEN = /^llmpa_(?<id>[0-9A-Za-z]{12})_(?<secret>[0-9A-Za-z]{43})(?<crc>[0-9A-Za-z]{6})$/u;
const TOKEN_CHARS = 'llmpa_'.length + 12 + 1 + 43 + 6;

export interface AdminTokenParts {
  readonly id: string;
  readonly secret: string;
}

/** The parts of a token whose form and checksum are right, or null. */
export function parseAdminToken(token: string): AdminTokenParts | null {
  if (token.length !== TOKEN_CHARS) return null;
  const { id, secret, crc } = TOKEN.exec(token)?.groups ?? {};
  if (id === undefined || secret === undefined) return null;
  return base62OfUint32(crc32(token.slice(0, -6))) === crc ? { id, secret } : null;
}

export function formatAdminToken({ id, secret }: AdminTokenParts): string {
  const head = `llmpa_${id}_${secret}`;
  return head + base62OfUint32(crc32(head));
}

export type NewToken = Pick<AdminTokenRecord, 'role' | 'tenant' | 'isOneTime' | 'expiresMs'> &
  Partial<Pick<AdminTokenRecord, 'madeBy'>>;

/** A fresh token: the text for its owner, the record for the store. */
export function mintAdminToken(
  wanted: NewToken,
  peppers: Peppers,
  nowMs: number,
): { readonly token: string; readonly record: AdminTokenRecord } {
  const parts = { id: randomBase62(12), secret: randomBase62(43) };
  const pepperVersion = peppers.newest;
  const mac = macOf(peppers.of(pepperVersion), parts.id, parts.secret);
  const { role, tenant, isOneTime, expiresMs, madeBy = null } = wanted;
  return {
    token: formatAdminToken(parts),
    record: {
      id: parts.id,
      macHex: mac.toString('hex'),
      pepperVersion,
      role,
      tenant,
      isOneTime,
      madeBy,
      createdMs: nowMs,
      expiresMs,
      usedMs: null,
      revokedMs: null,
      version: 1,
    },
  };
}

const NO_MAC = Buffer.alloc(32);

/** The record that the token proves, whatever its state, or null. */
export async function provenToken(
  token: string,
  tokens: Repository<AdminTokenRecord>,
  peppers: Peppers,
): Promise<AdminTokenRecord | null> {
  const parts = parseAdminToken(token);
  if (parts === null) return null;
  const record = await tokens.find(parts.id);
  // Hashes and compares in every case, so that timing tells nobody which ids exist.
  const pepper = peppers.of(record?.pepperVersion ?? peppers.newest);
  const offered = macOf(pepper, parts.id, parts.secret);
  const stored = record === null ? NO_MAC : Buffer.from(record.macHex, 'hex');
  const isEqual = stored.length === offered.length && timingSafeEqual(offered, stored);
  return isEqual ? record : null;
}

/** Why a proven token may not be used, or null. */
export function tokenFlaw(
  { revokedMs, usedMs, isOneTime, expiresMs }: AdminTokenRecord,
  nowMs: number,
): 'token-revoked' | 'token-used' | 'token-expired' | null {
  if (revokedMs !== null) return 'token-revoked';
  if (isOneTime && usedMs !== null) return 'token-used';
  return expiresMs !== null && expiresMs <= nowMs ? 'token-expired' : null;
}
