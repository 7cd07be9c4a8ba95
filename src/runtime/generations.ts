/**
 * The gateway of the configuration that is in force, and those before it that still have requests.
 *
 * A request keeps the gateway that it began with: it never sees half of two configurations, and
 * pools are closed when the last request that may use them is over, not when a new file arrives.
 */
import type { Gateway } from '#gateway/ports.ts';

interface Generation {
  readonly gateway: Gateway;
  readonly close: () => Promise<void>;
  uses: number;
  isOver: boolean;
}

export class Generations {
  #current: Generation;

  constructor(gateway: Gateway, close: () => Promise<void>) {
    this.#current = { gateway, close, uses: 0, isOver: false };
  }

  get gateway(): Gateway {
    return this.#current.gateway;
  }

  /** The gateway for one request, and how to say that the request is over. */
  enter(): { readonly gateway: Gateway; readonly leave: () => void } {
    const generation = this.#current;
    generation.uses += 1;
    return {
      gateway: generation.gateway,
      leave: () => {
        generation.uses -= 1;
        closeWhenUnused(generation);
      },
    };
  }

  swap(gateway: Gateway, close: () => Promise<void>): void {
    const before = this.#current;
    this.#current = { gateway, close, uses: 0, isOver: false };
    before.isOver = true;
    closeWhenUnused(before);
  }

  async close(): Promise<void> {
    await this.#current.close();
  }
}

function closeWhenUnused({ isOver, uses, close }: Generation): void {
  if (!isOver || uses > 0) return;
  // Nobody waits for old pools; a connection that does not end in peace ends with the process.
  close().catch(() => {});
}
