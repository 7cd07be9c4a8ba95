/** The answer of an authenticator that knows the form of a credential and does not take it. */
import type { Denial } from '#domain/denial.ts';
import { err } from '#stdx/result.ts';

type Rejection = Extract<Denial, { readonly reason: 'credential-rejected' }>;
export type Because = Rejection['because'];

/** `keyId`: of a key that exists, for the record. */
export const rejected = (because: Because, keyId?: string) =>
  err({
    reason: 'credential-rejected',
    because,
    ...(keyId !== undefined && { keyId }),
  } satisfies Rejection);
