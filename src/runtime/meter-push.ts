/**
 * Tells receivers of usage. What is to be told is written in the store first, with what was told of it,
 * and taken away when the receiver has taken it: nothing is lost by a crash, and what is sent again has
 * the id that it had.
 */
import type { Timers } from '#audit/timers.ts';
import type { Config } from '#config/config.ts';
import type { MeterReceiverSection } from '#config/metering-section.ts';
import { Secret } from '#domain/secret.ts';
import { MeterSender, type Told } from '#gateway/meter-sender.ts';
import type { Clock } from '#stdx/clock.ts';
import type { MeterOutbox } from '#storage/meter-outbox.ts';
import type { Log } from '#telemetry/log.ts';

const EVERY_MS = 30_000;
/** A quarter of an hour is told of when calls that ran on at its end have mostly ended. */
const GRACE_MS = 120_000;
/** Calls may end a day after they began; Stripe takes events of the last 35 days. */
const LOOK_BACK_MS = 26 * 3_600_000;
/** Requests to one receiver in one turn: the rest is for the next. */
const REQUESTS_MAX = 200;

interface Receiver {
  readonly name: string;
  readonly sender: MeterSender;
}

export interface MeterPushParts {
  readonly outbox: MeterOutbox;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class MeterPush {
  readonly #parts: MeterPushParts;
  #receivers: readonly Receiver[] = [];
  #cancel: (() => void) | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: MeterPushParts) {
    this.#parts = parts;
  }

  /** What waits for a receiver stays with its name. */
  use({ metering }: Config): void {
    const before = this.#receivers;
    this.#receivers = metering.receivers.map((section) => ({
      name: section.name,
      sender: senderOf(section),
    }));
    for (const { sender } of before) void sender.close();
    if (this.#receivers.length > 0) this.#later(EVERY_MS);
  }

  /** One turn, now. */
  push(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#all());
    return this.#turn;
  }

  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#turn;
    await Promise.all(this.#receivers.map(({ sender }) => sender.close()));
  }

  #later(ms: number): void {
    this.#cancel ??= this.#parts.timers.after(ms, () => {
      this.#cancel = null;
      void this.push().then(() => this.#later(EVERY_MS));
    });
  }

  async #all(): Promise<void> {
    for (const receiver of this.#receivers) {
      try {
        await this.#tell(receiver);
      } catch {
        // The store could not be asked; the next turn asks again.
        this.#parts.log.write('error', 'metering-behind', { target: receiver.name });
      }
    }
  }

  async #tell({ name, sender }: Receiver): Promise<void> {
    const { outbox, clock } = this.#parts;
    const nowMs = clock.nowMs();
    await outbox.collect(name, nowMs - LOOK_BACK_MS, nowMs - GRACE_MS);
    for (let request = 0; request < REQUESTS_MAX; request += 1) {
      const events = await outbox.pending(name, sender.batchMax);
      if (events.length === 0) return;
      const told: Told = await sender.tell(events);
      if (told === 'later') return;
      const ids = events.map(({ id }) => id);
      if (told === 'refused') this.#refused(name, ids.length);
      await outbox.done(name, ids);
    }
  }

  /** It would be refused again, and what is behind it would never be told. It is in the ledger. */
  #refused(target: string, count: number): void {
    this.#parts.log.write('error', 'metering-refused', { target, count });
  }
}

function senderOf(section: MeterReceiverSection): MeterSender {
  const { url, apiKey, allowPrivateAddress } = section;
  const to = new URL(url);
  const secret = apiKey === undefined ? null : new Secret(apiKey, to.origin);
  const meter =
    section.type === 'stripe'
      ? ({ type: 'stripe', meters: section.meters, customers: section.customers } as const)
      : ({ type: 'cloudevents', eventType: section.eventType, source: section.source } as const);
  return new MeterSender({ url: to, secret, allowPrivateAddress, meter });
}
