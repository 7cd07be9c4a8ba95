/** What rules may know of a request when they decide on it. */
import type { Clock } from '#stdx/clock.ts';

import type { Action } from './action.ts';
import type { Call } from './call.ts';

/** What a rule may ask of a call; a `Call` is one. */
export interface AskedCall extends Pick<
  Call,
  'dialect' | 'model' | 'isStreamed' | 'maxOutputTokens' | 'choices' | 'endUser'
> {
  readonly action: Action;
  readonly tools: readonly { readonly name: string }[];
}

export interface AskedRequest {
  readonly ip: string;
  /** The name of a route, never its path. */
  readonly route: string;
  readonly clock: Pick<Clock, 'nowMs'>;
}
