/** Secrets of ours at others: none is printed by accident, none is sent where it does not belong. */
import type { MaybePromise } from '#stdx/maybe-promise.ts';

/** A secret that its keeper opens for each request, and that is nowhere in the clear before. */
export interface KeptSecret {
  /**
   * What `use` makes of it, for its own origin; null for every other. The bytes are zeros when `use`
   * has returned. Rejects, or throws, a `Fault` where it does not open.
   */
  openFor<T>(origin: string, use: (plain: Buffer) => T): MaybePromise<T | null>;
}

/** What `use` makes of a secret of either kind; null where it is for another origin. Rejects where it does not open. */
export const useFor = async <T>(
  secret: Secret | KeptSecret,
  origin: string,
  use: (text: string) => T,
): Promise<T | null> => {
  if (!(secret instanceof Secret))
    return await secret.openFor(origin, (plain) => use(plain.toString('utf8')));
  const text = secret.revealFor(origin);
  return text === null ? null : use(text);
};

/**
 * A secret that belongs to one origin. It cannot be printed by accident, and it can be read only by
 * someone who names the origin that it is for.
 */
export class Secret {
  readonly #value: string;
  readonly #origin: string;

  constructor(value: string, origin: string) {
    this.#value = value;
    this.#origin = origin;
  }

  /** The value for its own origin; null for every other. */
  revealFor(origin: string): string | null {
    return origin === this.#origin ? this.#value : null;
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
