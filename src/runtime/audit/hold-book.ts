/**
 * Legal holds of the store, copied beside what they keep. They are set once, at any gateway, and each
 * gateway that has something of whoever is held must know: before it erases or ends anything it reads
 * them from the store, and what the store cannot be asked about is kept. The copy is what is looked at,
 * and what a program from before holds were in the store goes by.
 */
import { randomBase62 } from '#stdx/base62.ts';
import { ok } from '#stdx/result.ts';
import type { Contents } from '#storage/contents.ts';
import { storedHolds } from '#storage/stored-holds.ts';
import type { OutboxEntry, Storage } from '#storage/storage.ts';

export interface HoldBookPorts {
  readonly contents: Contents;
  readonly storage: Pick<Storage, 'holds' | 'change'>;
  readonly nowMs: () => number;
}

export class HoldBook {
  readonly #ports: HoldBookPorts;
  #reading: Promise<void> = Promise.resolve();

  constructor(ports: HoldBookPorts) {
    this.#ports = ports;
  }

  /** The copy is as the store is now. Rejects with a `Fault` where the store cannot be asked. */
  refresh(): Promise<void> {
    // One after another: an older reading must not undo a newer one.
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #read(): Promise<void> {
    const { contents, storage } = this.#ports;
    await this.#moveOwn();
    contents.copyHolds(await storedHolds(storage.holds, null));
  }

  /** What was set by a program that knew of no holds in the store. Until it is there it holds here. */
  async #moveOwn(): Promise<void> {
    const { contents, storage, nowMs } = this.#ports;
    for (const hold of contents.ownHolds()) {
      const entry: OutboxEntry = {
        id: `move_${randomBase62(20)}`,
        at: nowMs(),
        actor: 'system',
        action: 'hold.move',
        resource: `hold/${hold.id}`,
        tenant: hold.tenant,
        diff: { reason: hold.reason },
      };
      await storage.change(entry, async (tx) => {
        if ((await tx.holds.find(hold.id)) === null) await tx.holds.insert({ ...hold, version: 1 });
        return ok(null);
      });
    }
  }
}
