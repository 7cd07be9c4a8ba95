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
  unauthenticated: text(401, 'Not authenticated', 'A valid admin token or session is needed.'),
  forbidden: text(403, 'Not permitted', 'This caller may not do this.'),
  'sign-in-refused': text(
    401,
    'Not signed in',
    'The name, the password or the code is wrong, or this account may not sign in.',
  ),
  'password-wrong': text(403, 'Not permitted', 'The password or the code is wrong.'),
  'sign-in-incomplete': text(
    403,
    'Sign-in not complete',
    'First choose a password of your own, and set up an authenticator if one is required.',
  ),
  csrf: text(403, 'Not permitted', 'Send x-csrf-token with the value that your session was given.'),
  'cross-site': text(403, 'Not permitted', 'Requests from other sites are not served.'),
  'second-person': text(
    403,
    'Somebody else has to agree',
    'Changes of the configuration are proposed by one administrator and agreed to by another.',
  ),
  'not-found': text(404, 'Not found', 'There is no such thing, or not for this caller.'),
  'method-unknown': text(405, 'No such method', denialReplies['method-unknown'].message),
  'body-late': text(408, 'Too late', denialReplies['body-late'].message),
  'already-exists': text(409, 'Exists already', 'This id is taken.'),
  'managed-by-file': text(
    409,
    'Managed by the file',
    'The configuration file owns this: edit it there.',
  ),
  'own-account': text(409, 'Your own account', 'Another administrator has to do this to it.'),
  'no-account': text(
    409,
    'No account here',
    'Your identity provider keeps this, not this gateway.',
  ),
  'managed-by-provider': text(
    409,
    'Managed by the identity provider',
    'The identity provider owns this: change it there.',
  ),
  'second-factor-set': text(409, 'Set up already', 'Remove the authenticator first.'),
  'done-before': text(
    409,
    'Done before',
    'A request with this key was made before, and its answer is gone: look whether it was done.',
  ),
  'not-empty': text(409, 'Not empty', 'Keys, tokens, people or rules still belong to this.'),
  held: text(409, 'Held', 'A legal hold keeps this: end the hold first, if you may.'),
  'held-by-platform': text(
    403,
    'Held by the platform',
    'The platform has set this hold: a platform administrator or a security auditor of no tenant ends it.',
  ),
  'own-request': text(409, 'Your own request', 'Another person has to agree to this.'),
  'not-agreed': text(403, 'Not agreed', 'Another person has to agree first.'),
  'certificate-needed': text(
    409,
    'A certificate is needed',
    'The data plane takes callers with certificates alone, and the playground has none.',
  ),
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
  'idempotency-mismatch': text(
    422,
    'Another request',
    'This key was sent with another request: take a new key for a new request.',
  ),
  'too-many': text(422, 'Too many', 'There is no room for more of these.'),
  'version-missing': text(428, 'Version needed', 'Send If-Match with the ETag that you read.'),
  'too-many-requests': text(429, 'Too many requests', 'Wait as long as Retry-After says.'),
  'too-many-attempts': text(429, 'Too many attempts', 'Wait as long as Retry-After says.'),
  'headers-too-large': text(431, 'Too large', denialReplies['headers-too-large'].message),
  internal: text(500, 'Failed', 'The gateway failed.'),
  busy: text(503, 'Busy', 'Too many passwords are being checked. Try again in a moment.'),
  unavailable: text(503, 'Not available', 'The gateway cannot reach its store or its log now.'),
  draining: text(503, 'Shutting down', 'The gateway is shutting down.'),
} as const satisfies Record<string, ProblemText>;

export type ProblemReason = keyof typeof problemTexts;

export interface Problem {
  readonly reason: ProblemReason;
  readonly errors?: readonly FieldProblem[];
  /** Becomes `Retry-After`. */
  readonly retryMs?: number;
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
