/**
 * One canonical path, computed once, that routing, policy and records share.
 *
 * Everything that two parsers could read differently is refused, not repaired: `new URL` would turn
 * `//host/x`, `\`, dot segments and absolute forms into paths that a policy on the raw text missed.
 */
import type { Denial } from '#domain/denial.ts';
import { err, ok, type Result } from '#stdx/result.ts';

export interface Target {
  readonly path: string;
  readonly query: string;
}

const TARGET_CHARS_MAX = 2_048;
/**
 * Unreserved characters of RFC 3986, percent-encoded bytes, and what names of models hold besides.
 * No semicolon: some servers drop `;x` from a segment, and `..;` is then a dot segment.
 */
const PATH = /^(?:\/(?:[A-Za-z0-9._~+=:@-]|%[0-9A-Fa-f]{2})*)+$/u;
/** An encoded slash, backslash, dot, percent sign or control byte has one use: to be seen later. */
const DISGUISED = /%(?:2[ef5]|5c|[01][0-9a-f]|7f)/iu;

const malformed = (problem: string): Result<never, Denial> =>
  err({ reason: 'target-malformed', problem });

/** Origin-form only (RFC 9112 section 3.2.1). */
export function canonicalTarget(raw: string): Result<Target, Denial> {
  if (raw.length > TARGET_CHARS_MAX) return malformed('too long');
  const mark = raw.indexOf('?');
  const path = mark === -1 ? raw : raw.slice(0, mark);
  const query = mark === -1 ? '' : raw.slice(mark + 1);
  if (!path.startsWith('/')) return malformed('not in origin form');
  if (!PATH.test(path)) return malformed('characters that a path does not have');
  if (path.includes('//')) return malformed('an empty segment');
  if (path.includes('%') && DISGUISED.test(path)) return malformed('an encoded separator');
  if (
    path.includes('/.') &&
    path.split('/').some((segment) => segment === '.' || segment === '..')
  ) {
    return malformed('a dot segment');
  }
  if (query === '') return ok({ path, query });
  // The query is used by nobody on the data plane, and it must not carry what a path may not.
  return /^[\x21-\x7e]*$/u.test(query) && !query.includes('#')
    ? ok({ path, query })
    : malformed('characters that a query does not have');
}
