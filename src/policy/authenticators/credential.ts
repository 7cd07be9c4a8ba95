/**
 * Exactly one credential in exactly one header. Two are ambiguous even when they are equal: the
 * check that reads one header and the code that uses the other must never disagree.
 */
import type { ClientCertificate } from '#domain/client-certificate.ts';
import type { Denial } from '#domain/denial.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Credential } from './authenticator.ts';

const CARRIERS = new Map<string, Credential['carrier']>([
  ['authorization', 'authorization'],
  ['x-api-key', 'x-api-key'],
  ['api-key', 'api-key'],
  ['x-goog-api-key', 'x-goog-api-key'],
]);

/** Longer than any credential; a token is hashed, so its length is a cost. */
const TOKEN_CHARS_MAX = 16_384;

// RFC 9110 section 11.1: the scheme is case-insensitive and is followed by at least one space.
const BEARER = /^bearer +(?<token>[\x21-\x7e]+)$/iu;
const TOKEN = /^[\x21-\x7e]+$/u;

/** `rawHeaders` as Node gives them: names and values by turns, duplicates kept. */
export function readCredential(
  rawHeaders: readonly string[],
  certificate: ClientCertificate | null = null,
): Result<Credential, Denial> {
  let found: Credential | null = null;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const carrier = CARRIERS.get((rawHeaders[index] ?? '').toLowerCase());
    if (carrier === undefined) continue;
    if (found !== null) return err({ reason: 'credential-ambiguous' });
    const token = tokenOf(carrier, rawHeaders[index + 1] ?? '');
    if (token === null) return err({ reason: 'credential-rejected', because: 'malformed' });
    found = { carrier, token, certificate };
  }
  if (found !== null) return ok(found);
  if (certificate === null) return err({ reason: 'credential-missing' });
  return ok({ carrier: 'certificate', token: '', certificate });
}

function tokenOf(carrier: Credential['carrier'], value: string): string | null {
  if (value.length > TOKEN_CHARS_MAX) return null;
  if (carrier === 'authorization') return BEARER.exec(value)?.groups?.['token'] ?? null;
  return TOKEN.test(value) ? value : null;
}
