/**
 * What Node's parser lets through and a gateway must not. Counted and compared on `rawHeaders`,
 * because `headers` has already merged, dropped or chosen.
 */
import type { Denial } from '#domain/denial.ts';

export const HEADERS_MAX = 100;
/** Above our own check, so that Node never drops a header silently below it. */
export const NODE_HEADERS_MAX = 128;

/** Headers that mean something different the second time. */
const ONCE = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'expect',
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
]);

export interface HeadRules {
  /** Host names that are served; empty: all of them. */
  readonly hosts: readonly string[];
}

/** The first problem of a request's head, or null. */
export function headProblem(rawHeaders: readonly string[], rules: HeadRules): Denial | null {
  if (rawHeaders.length > HEADERS_MAX * 2) return { reason: 'headers-too-large' };
  const seen = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) return twice(name);
    seen.set(name, rawHeaders[index + 1] ?? '');
  }
  return fieldProblem(seen, rules);
}

const CREDENTIALS = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']);

const twice = (name: string): Denial =>
  CREDENTIALS.has(name)
    ? { reason: 'credential-ambiguous' }
    : { reason: 'target-malformed', problem: `the header ${name} twice` };

function fieldProblem(fields: ReadonlyMap<string, string>, { hosts }: HeadRules): Denial | null {
  const transfer = fields.get('transfer-encoding');
  // `gzip, chunked` is accepted by Node, and a proxy in front may read it otherwise (smuggling).
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    return { reason: 'target-malformed', problem: 'a transfer-encoding other than chunked' };
  }
  const encoding = fields.get('content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return { reason: 'body-encoded' };
  }
  const host = fields.get('host');
  if (
    host === undefined ||
    !/^[A-Za-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:.]+\](?::\d{1,5})?$/u.test(host)
  ) {
    return { reason: 'target-malformed', problem: 'the host' };
  }
  const name = host.replace(/:\d+$/u, '').toLowerCase();
  const isServed = hosts.length === 0 || hosts.some((served) => served.toLowerCase() === name);
  return isServed ? null : { reason: 'host-unknown' };
}
