/**
 * The compact form of a signed token (RFC 7515 section 7.1), read strictly and without trust: what
 * two readers could read differently is no token. Nothing here proves anything.
 */
import { isUtf8 } from 'node:buffer';

import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';

export interface UnprovenToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/** Longer is no token of an access: it is hashed, decoded and parsed before anybody is known. */
export const TOKEN_CHARS_MAX = 8_192;
const COMPACT = /^(?<header>[\w-]+)\.(?<claims>[\w-]+)\.[\w-]+$/u;

/** Whether it is for this kind of proof at all: three parts, the first of which begins a JSON object. */
export const looksLikeJwt = (token: string): boolean =>
  token.startsWith('ey') && COMPACT.test(token);

export function readCompact(token: string): UnprovenToken | null {
  if (token.length > TOKEN_CHARS_MAX) return null;
  const parts = COMPACT.exec(token)?.groups;
  const header = objectOf(parts?.['header']);
  const claims = objectOf(parts?.['claims']);
  return header === null || claims === null ? null : { header, claims };
}

/** Two keys of one name mean one thing to us and another to the issuer's own library. */
function objectOf(part: string | undefined): JsonObject | null {
  if (part === undefined) return null;
  const bytes = Buffer.from(part, 'base64url');
  // Node skips characters that are none of the alphabet's; the way back shows whether it did.
  if (bytes.toString('base64url') !== part || !isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  if (scanJson(text) !== null) return null;
  const value = parseJson(text);
  return isJsonObject(value) ? value : null;
}
