/** A secret that is opened anew for each request and kept nowhere in between. */
import type { KeptSecret } from '#domain/secret.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Bound } from './bound.ts';
import type { Custody } from './custody.ts';

export class SealedSecret implements KeptSecret {
  readonly #custody: Custody;
  readonly #bound: Bound;
  readonly #sealed: string;

  constructor(custody: Custody, bound: Bound, sealed: string) {
    this.#custody = custody;
    this.#bound = bound;
    this.#sealed = sealed;
  }

  openFor<T>(origin: string, use: (plain: Buffer) => T): MaybePromise<T | null> {
    if (!this.#bound.origins.includes(origin)) return null;
    return this.#custody.open(this.#bound, this.#sealed, use);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
