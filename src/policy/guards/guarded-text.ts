/** A text on its way through the guards. */
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Stop } from './window.ts';

export interface GuardedText {
  push(delta: string): MaybePromise<string>;
  end(): MaybePromise<string>;
  readonly stop: Stop | null;
  readonly isHolding: boolean;
}
