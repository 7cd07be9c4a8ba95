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
