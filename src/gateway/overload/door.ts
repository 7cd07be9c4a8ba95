/**
 * The door of the gateway: who is proven comes in here, before a byte of the body is read. So many
 * calls are in work at once, the rest waits in fair order and holds nothing but its place.
 */
import type { CallClass } from '#domain/call-class.ts';
import type { Denial } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Claim, ShedReason } from './claim.ts';
import type { Gate, Slot } from './gate.ts';
import { isAtLeast, type Stage } from './stage.ts';

/** What an operator has said of a tenant. */
export interface Standing {
  readonly weight: number;
  readonly callClass: CallClass;
}

export interface DoorPorts {
  readonly gate: Gate;
  readonly stage: () => Stage;
  /** By tenant; who is not in it has a weight of 1 and makes interactive calls. */
  readonly standings: ReadonlyMap<string, Standing>;
  readonly shed: (reason: ShedReason, callClass: CallClass) => void;
}

/** Of a request, what decides its class. */
export interface Comer {
  readonly rawHeaders: readonly string[];
  readonly cancellation: Cancellation;
}

const CLASS_HEADER = 'x-llmproxy-class';
const ORDINARY: Standing = { weight: 1, callClass: 'interactive' };

export class Door {
  readonly #ports: DoorPorts;

  constructor(ports: DoorPorts) {
    this.#ports = ports;
  }

  enter(comer: Comer, { tenant }: Principal): MaybePromise<Result<Slot, Denial>> {
    const { gate, stage, standings } = this.#ports;
    const { weight, callClass: own } = standings.get(tenant) ?? ORDINARY;
    const callClass = own === 'batch' || isLowered(comer.rawHeaders) ? 'batch' : 'interactive';
    if (isAtLeast(stage(), callClass === 'batch' ? 'shed-batch' : 'shed')) {
      return this.#shed('stage', callClass);
    }
    const claim: Claim = { tenant, weight, callClass };
    return andThen(gate.enter(claim, comer.cancellation), (entered) =>
      typeof entered === 'string' ? this.#shed(entered, callClass) : ok(entered),
    );
  }

  #shed(reason: ShedReason, callClass: CallClass): Result<never, Denial> {
    this.#ports.shed(reason, callClass);
    return err({ reason: 'gateway-overloaded', because: reason });
  }
}

/** A caller may say that its call can wait. It cannot say that another's can. */
function isLowered(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // The length first: it costs nothing, and next to no other header has it.
    if (name.length === CLASS_HEADER.length && name.toLowerCase() === CLASS_HEADER) {
      if (rawHeaders[index + 1]?.trim().toLowerCase() === 'batch') return true;
    }
  }
  return false;
}
