/** What a limit has left, as callers and records are told. */
export interface LimitState {
  readonly name: string;
  readonly unit: 'requests' | 'tokens' | 'concurrency';
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly windowMs: number;
  /** The limit as an item of `RateLimit-Policy`; the same for every call. */
  readonly policy: string;
}
