/**
 * What Node's parser lets through and a gateway must not. Counted and compared on `rawHeaders`,
 * because `headers` has already merged, dropped or chosen.
 */
import type { Denial } from '#domain/denial.ts';
import { err, ok, type Result } from '#stdx/result.ts';

export const HEADERS_MAX = 100;
/** Above our own check, so that Node never drops a header silently below it. */
export const NODE_HEADERS_MAX = 128;

/** Headers that mean something different the second time, each with its place in `values`. */
const ONCE = new Map(
  [
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
    'dpop',
  ].map((name, index) => [name, index]),
);
const HOST = 0;
const CONTENT_LENGTH = 1;
const TRANSFER_ENCODING = 2;
const CONTENT_ENCODING = 4;
const EXPECT = 5;

export interface HeadRules {
  /** Host names that are served; empty: all of them. */
  readonly hosts: readonly string[];
}

/** What the head says of the body. */
export interface RequestHead {
  /** By `content-length`; 0 without one. */
  readonly declaredBytes: number;
  readonly expectsContinue: boolean;
}

/** The first problem of a request's head, or what it says. */
export function readHead(
  rawHeaders: readonly string[],
  rules: HeadRules,
): Result<RequestHead, Denial> {
  if (rawHeaders.length > HEADERS_MAX * 2) return err({ reason: 'headers-too-large' });
  const values: (string | undefined)[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const place = ONCE.get(name);
    if (place === undefined) continue;
    if (values[place] !== undefined) return err(twice(name));
    values[place] = rawHeaders[index + 1] ?? '';
  }
  const problem = fieldProblem(values, rules);
  if (problem !== null) return err(problem);
  return ok({
    declaredBytes: Number(values[CONTENT_LENGTH] ?? 0),
    expectsContinue: values[EXPECT] !== undefined,
  });
}

const CREDENTIALS = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']);

const twice = (name: string): Denial =>
  CREDENTIALS.has(name)
    ? { reason: 'credential-ambiguous' }
    : { reason: 'target-malformed', problem: `the header ${name} twice` };

const HOST_FORM = /^[A-Za-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:.]+\](?::\d{1,5})?$/u;

function fieldProblem(
  values: readonly (string | undefined)[],
  { hosts }: HeadRules,
): Denial | null {
  const transfer = values[TRANSFER_ENCODING];
  // `gzip, chunked` is accepted by Node, and a proxy in front may read it otherwise (smuggling).
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    return { reason: 'target-malformed', problem: 'a transfer-encoding other than chunked' };
  }
  const encoding = values[CONTENT_ENCODING];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return { reason: 'body-encoded' };
  }
  const host = values[HOST];
  if (host === undefined || !HOST_FORM.test(host)) {
    return { reason: 'target-malformed', problem: 'the host' };
  }
  if (hosts.length === 0) return null;
  const name = host.replace(/:\d+$/u, '').toLowerCase();
  return hosts.some((served) => served.toLowerCase() === name) ? null : { reason: 'host-unknown' };
}
