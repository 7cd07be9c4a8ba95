/** The calls that run now, so that revoking a key or suspending a tenant ends their streams. */
import type { Principal } from '#domain/principal.ts';
import { Bag, type Slotted } from '#stdx/bag.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

const nothing = (): number => 0;

/** One call on its way. */
export class RunningCall implements Slotted {
  slot = -1;
  readonly principal: Principal;
  readonly cancellation: Cancellation;
  readonly heldBytes: () => number;

  constructor(principal: Principal, cancellation: Cancellation, heldBytes = nothing) {
    this.principal = principal;
    this.cancellation = cancellation;
    this.heldBytes = heldBytes;
  }
}

/** Who may be revoked as one: many have no key, and then it is the user of a tenant. */
const callerOf = ({ tenant, user, keyId }: Principal): string =>
  JSON.stringify([tenant, user, keyId]);

/** Bounded by the in-flight cap of the listener. */
export class RunningCalls {
  readonly #running = new Bag<RunningCall>();

  get count(): number {
    return this.#running.size;
  }

  add(call: RunningCall): void {
    this.#running.add(call);
  }

  remove(call: RunningCall): void {
    this.#running.remove(call);
  }

  /** Ends the calls of one caller. */
  endOf(principal: Principal, reason: Error): number {
    const caller = callerOf(principal);
    return this.endWhere((one) => callerOf(one) === caller, reason);
  }

  /** Ends the calls whose principal may not go on. */
  endWhere(isOver: (principal: Principal) => boolean, reason: Error): number {
    const over = this.#running.all().filter(({ principal }) => isOver(principal));
    for (const { cancellation } of over) cancellation.cancel(reason);
    return over.length;
  }

  /** Ends those that hold most memory, and are not over already. Returns how many. */
  endHeaviest(count: number, reason: Error): number {
    const heaviest = this.#running
      .all()
      .filter(({ cancellation }) => !cancellation.isCancelled)
      .map((call) => ({ call, bytes: call.heldBytes() }))
      .toSorted((a, b) => b.bytes - a.bytes)
      .slice(0, count);
    for (const { call } of heaviest) call.cancellation.cancel(reason);
    return heaviest.length;
  }

  /** The principals that have calls now, each once. */
  principals(): readonly Principal[] {
    const all = this.#running.all();
    return [...new Map(all.map(({ principal }) => [callerOf(principal), principal])).values()];
  }
}
