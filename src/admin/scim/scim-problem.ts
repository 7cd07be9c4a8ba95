/**
 * Every way SCIM says no here (RFC 7644 section 3.12): a status, a `scimType` where the standard has
 * one, and constant words. Attributes are named; a value that was sent is never repeated.
 */
import { type Problem, problemTexts } from '../problem.ts';

export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

export interface ScimProblem {
  readonly status: number;
  readonly scimType: ScimType | null;
  /** For the log: what the admin API would call it, or the type. */
  readonly reason: string;
  readonly detail: string;
  readonly retryMs?: number | undefined;
}

const STATUS: Readonly<Record<ScimType, number>> = {
  invalidFilter: 400,
  tooMany: 400,
  uniqueness: 409,
  mutability: 400,
  invalidSyntax: 400,
  invalidPath: 400,
  noTarget: 400,
  invalidValue: 400,
};

export const scimProblem = (scimType: ScimType, detail: string): ScimProblem => ({
  status: STATUS[scimType],
  scimType,
  reason: `scim-${scimType}`,
  detail,
});

const BODY_TOO_LARGE = { detail: 'The body is larger than 512 KB.' };

/** A refusal of the shared machinery, in the words of SCIM. */
export function ofProblem({ reason, retryMs }: Problem): ScimProblem {
  const { status } = problemTexts[reason];
  const { detail } = reason === 'body-too-large' ? BODY_TOO_LARGE : problemTexts[reason];
  const scimType = reason === 'request-malformed' ? 'invalidSyntax' : null;
  return { status, scimType, reason, detail, retryMs };
}

export const notFound: ScimProblem = ofProblem({ reason: 'not-found' });
/** The version is not the one that the caller wants. */
export const notWanted: ScimProblem = ofProblem({ reason: 'stale-version' });
/** Somebody else changed it while we did: done again, see `again`. */
export const stale: ScimProblem = { ...notWanted };

export const noRoom: ScimProblem = {
  status: 507,
  scimType: null,
  reason: 'too-many',
  detail: 'There is no room for more of these: remove some first.',
};

export const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

export const problemBody = ({ status, scimType, detail }: ScimProblem) => ({
  schemas: [ERROR_SCHEMA],
  status: String(status),
  ...(scimType !== null && { scimType }),
  detail,
});

/** A name that was sent is repeated only where it can be nothing but a name. */
export const shownName = (name: string): string =>
  /^[A-Za-z0-9_$.:-]{1,128}$/u.test(name) ? name : '?';
