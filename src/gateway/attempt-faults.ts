/** What a fault of an attempt says: of its call, of its provider, and of what it may have cost. */
import type { FaultCode } from '#domain/fault.ts';

export const RETRYABLE: ReadonlySet<FaultCode> = new Set([
  'provider-unreachable',
  'provider-limited',
  'provider-overloaded',
  'provider-failed',
  'provider-cut',
]);
/** Faults that another deployment may not have. */
export const FALLS_BACK: ReadonlySet<FaultCode> = new Set([
  ...RETRYABLE,
  'provider-timeout',
  'provider-rejected',
  'provider-reply-invalid',
  'egress-refused',
]);

/** They say nothing of whether the provider is there. */
export const NOT_OF_PROVIDER: ReadonlySet<FaultCode> = new Set([
  'client-gone',
  'call-shed',
  'shutting-down',
  'internal',
  'egress-refused',
  'secret-unreadable',
  'secret-unavailable',
]);
/**
 * They say something of the secret that was sent. Where a tenant has brought it, they are its own: a
 * wrong secret of one tenant must not open the breaker for all the others.
 */
export const OF_SECRET: ReadonlySet<FaultCode> = new Set(['provider-rejected', 'provider-limited']);
/** The provider has too much to do: fewer calls at once. */
export const OF_OVERLOAD: ReadonlySet<FaultCode> = new Set([
  'provider-limited',
  'provider-overloaded',
  'provider-timeout',
]);

/**
 * The call was at a provider, which has read it and may have answered all of it: nobody knows. Where
 * money is held, all that was held for the answer is paid; else what was read.
 */
export const CUT: ReadonlySet<FaultCode> = new Set([
  'client-gone',
  'call-shed',
  'shutting-down',
  'provider-timeout',
  'provider-cut',
  'provider-reply-invalid',
]);
/** Nothing of the call has left. */
export const UNSENT: ReadonlySet<FaultCode> = new Set([
  'egress-refused',
  'secret-unreadable',
  'secret-unavailable',
]);
