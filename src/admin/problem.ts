/**
 * Every way the admin API says no, and what it tells: RFC 9457 documents of constant text. A problem
 * is a value. It may name fields of ours; it never repeats a value that was sent.
 */
import { type Denial, denialReplies } from '#domain/denial.ts';

import type { FieldProblem, ProblemDocument } from './contract.ts';

interface ProblemText {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const text = (status: number, title: string, detail: string): ProblemText => ({
  status,
  title,
  detail,
});

/** Documented in docs/reference/admin-api.md; the names are stable. */
export const problemTexts = {
  'request-malformed': text(400, 'Not valid', 'The request is not valid.'),
  'target-malformed': text(400, 'Not valid', denialReplies['target-malformed'].message),
  'credential-ambiguous': text(400, 'Not valid', denialReplies['credential-ambiguous'].message),
  // Missing, unknown, expired, revoked and burnt read the same: probing sorts no stolen list.
  unauthenticated: text(401, 'Not authenticated', 'A valid admin token is needed.'),
  forbidden: text(403, 'Not permitted', 'This token may not do this.'),
  'cross-site': text(403, 'Not permitted', 'Requests from other sites are not served.'),
  'not-found': text(404, 'Not found', 'There is no such thing, or not for this token.'),
  'method-unknown': text(405, 'No such method', denialReplies['method-unknown'].message),
  'body-late': text(408, 'Too late', denialReplies['body-late'].message),
  'already-exists': text(409, 'Exists already', 'This id is taken.'),
  'managed-by-file': text(
    409,
    'Managed by the file',
    'The configuration file owns this: edit it there.',
  ),
  'not-empty': text(409, 'Not empty', 'Keys, tokens, people or rules still belong to this.'),
  'key-revoked': text(409, 'Revoked', 'The key is revoked; create a new one.'),
  'key-expired': text(409, 'Expired', 'The key has expired; create a new one.'),
  'stale-version': text(
    412,
    'Changed meanwhile',
    'It has changed since you read it. Read it again.',
  ),
  'body-too-large': text(413, 'Too large', 'The body is larger than 64 KB.'),
  'body-encoded': text(415, 'Not plain JSON', denialReplies['body-encoded'].message),
  'content-type-unknown': text(415, 'Not JSON', 'Send content-type: application/json.'),
  'host-unknown': text(421, 'Not this host', denialReplies['host-unknown'].message),
  'config-refused': text(422, 'Configuration refused', 'The file has problems; the old one stays.'),
  'config-unfit': text(422, 'Not fit', 'The configuration with this in it has problems.'),
  'too-many': text(422, 'Too many', 'There is no room for more of these.'),
  'version-missing': text(428, 'Version needed', 'Send If-Match with the ETag that you read.'),
  'headers-too-large': text(431, 'Too large', denialReplies['headers-too-large'].message),
  internal: text(500, 'Failed', 'The gateway failed.'),
  unavailable: text(503, 'Not available', 'The gateway cannot reach its store or its log now.'),
  draining: text(503, 'Shutting down', 'The gateway is shutting down.'),
} as const satisfies Record<string, ProblemText>;

export type ProblemReason = keyof typeof problemTexts;

export interface Problem {
  readonly reason: ProblemReason;
  readonly errors?: readonly FieldProblem[];
}

export const problem = (reason: ProblemReason, field?: string): Problem =>
  field === undefined
    ? { reason }
    : { reason, errors: [{ field, problem: problemTexts[reason].detail }] };

export const PROBLEM_TYPE = 'urn:llmproxy:problem:';

export function problemDocument({ reason, errors }: Problem, requestId: string): ProblemDocument {
  const { status, title, detail } = problemTexts[reason];
  const [first] = errors ?? [];
  return {
    type: `${PROBLEM_TYPE}${reason}`,
    title,
    status,
    detail,
    requestId,
    ...(first !== undefined && { field: first.field, errors }),
  };
}

/** A refusal of the shared checks (target, head, body), in the words of this API. */
export function problemOf({ reason }: Denial): Problem {
  if (reason === 'target-malformed' || reason === 'host-unknown') return { reason };
  if (reason === 'headers-too-large' || reason === 'body-encoded') return { reason };
  if (reason === 'body-too-large' || reason === 'body-late') return { reason };
  if (reason === 'credential-ambiguous') return { reason };
  return { reason: 'request-malformed' };
}
