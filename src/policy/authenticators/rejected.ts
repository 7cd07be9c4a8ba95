/** The answer of an authenticator that knows the form of a credential and does not take it. */
import type { Denial } from '#domain/denial.ts';
import { err } from '#stdx/result.ts';

type Rejection = Extract<Denial, { readonly reason: 'credential-rejected' }>;
export type Because = Rejection['because'];

/** `key`: one that exists, for the record. */
export const rejected = (because: Because, key?: Rejection['key']) =>
  err({
    reason: 'credential-rejected',
    because,
    ...(key !== undefined && { key }),
  } satisfies Rejection);
