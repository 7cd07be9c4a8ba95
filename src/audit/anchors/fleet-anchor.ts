/**
 * The fleet's log as an anchor: the other gateways of the store keep what this one has signed. It is not outside
 * of the fleet, so it does not take the place of an anchor that an operator names.
 */
import type { FleetLog } from '../fleet/fleet-log.ts';
import type { Anchor, Anchored } from './anchor.ts';

export const FLEET_ANCHOR = 'fleet';
/** A checkpoint a minute and gateway: half a megabyte a day in the store. */
const EVERY_MS = 60_000;

export class FleetAnchor implements Anchor {
  readonly name = FLEET_ANCHOR;
  readonly type = FLEET_ANCHOR;
  readonly isOutside = false;
  readonly everyMs = EVERY_MS;
  readonly #log: FleetLog;

  constructor(log: FleetLog) {
    this.#log = log;
  }

  async keep({ note }: Anchored): Promise<void> {
    await this.#log.add(note);
  }

  async close(): Promise<void> {}
}
