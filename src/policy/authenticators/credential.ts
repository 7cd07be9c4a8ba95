/**
 * Exactly one credential in exactly one header. Two are ambiguous even when they are equal: the
 * check that reads one header and the code that uses the other must never disagree.
 */
import type { ClientCertificate } from '#domain/client-certificate.ts';
import type { Denial } from '#domain/denial.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Credential } from './authenticator.ts';

type Carrier = Exclude<Credential['carrier'], 'certificate'>;

const CARRIERS = new Map<string, Carrier>([
  ['authorization', 'authorization'],
  ['x-api-key', 'x-api-key'],
  ['api-key', 'api-key'],
  ['x-goog-api-key', 'x-goog-api-key'],
]);
const PROOF = 'dpop';

/** Longer than any credential; a token is hashed, so its length is a cost. */
const TOKEN_CHARS_MAX = 16_384;

// RFC 9110 section 11.1: the scheme is case-insensitive and is followed by at least one space.
const SCHEME = /^(?:bearer|(?<dpop>dpop)) +(?<token>[\x21-\x7e]+)$/iu;
const TOKEN = /^[\x21-\x7e]+$/u;

const MALFORMED = err({ reason: 'credential-rejected', because: 'malformed' } as const);

/** What the credential is brought with, besides its header. */
export interface Brought {
  readonly certificate: ClientCertificate | null;
  readonly method: string;
  /** The canonical path that was matched. */
  readonly path: string;
}

/**
 * `rawHeaders` as Node gives them: names and values by turns, duplicates kept. `brought` null: nothing
 * but the header can prove anything here.
 */
export function readCredential(
  rawHeaders: readonly string[],
  brought: Brought | null = null,
): Result<Credential, Denial> {
  const certificate = brought?.certificate ?? null;
  let carrier: Carrier | null = null;
  let value = '';
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const named = CARRIERS.get((rawHeaders[index] ?? '').toLowerCase());
    if (named === undefined) continue;
    if (carrier !== null) return err({ reason: 'credential-ambiguous' });
    carrier = named;
    value = rawHeaders[index + 1] ?? '';
  }
  if (carrier === null) {
    if (certificate === null) return err({ reason: 'credential-missing' });
    return ok({ carrier: 'certificate', token: '', certificate });
  }
  if (value.length > TOKEN_CHARS_MAX) return MALFORMED;
  if (carrier !== 'authorization') {
    return TOKEN.test(value) ? ok({ carrier, token: value, certificate }) : MALFORMED;
  }
  const { token, dpop } = SCHEME.exec(value)?.groups ?? {};
  if (token === undefined) return MALFORMED;
  if (dpop === undefined) return ok({ carrier, token, certificate });
  const proof = readProof(rawHeaders);
  if (proof === null || brought === null) return MALFORMED;
  const { method, path } = brought;
  return ok({ carrier, token, certificate, proof: { proof, method, path } });
}

/** Null: there is none, or more than one (RFC 9449 section 4.3, step 1). */
export const readProof = (rawHeaders: readonly string[]): string | null =>
  onlyHeader(rawHeaders, PROOF);

/** Null where it is not there, or there twice. `name` is in lower case. */
export function onlyHeader(rawHeaders: readonly string[], name: string): string | null {
  let found: string | null = null;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== name) continue;
    if (found !== null) return null;
    found = rawHeaders[index + 1] ?? '';
  }
  return found;
}
