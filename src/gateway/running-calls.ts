/** The calls that run now, so that revoking a key or suspending a tenant ends their streams. */
import type { Principal } from '#domain/principal.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

interface Running {
  readonly principal: Principal;
  readonly cancellation: Cancellation;
}

export class RunningCalls {
  readonly #running = new Set<Running>();

  get count(): number {
    return this.#running.size;
  }

  /** Bounded by the in-flight cap of the listener. Returns how to take it off again. */
  readonly add = (principal: Principal, cancellation: Cancellation): (() => void) => {
    const running = { principal, cancellation };
    this.#running.add(running);
    return () => this.#running.delete(running);
  };

  /** Ends the calls whose principal may not go on. */
  endWhere(isOver: (principal: Principal) => boolean, reason: Error): number {
    const over = [...this.#running].filter(({ principal }) => isOver(principal));
    for (const { cancellation } of over) cancellation.cancel(reason);
    return over.length;
  }

  /** The principals that have calls now, each once by key. */
  principals(): readonly Principal[] {
    const byKey = new Map([...this.#running].map(({ principal }) => [principal.keyId, principal]));
    return [...byKey.values()];
  }
}
