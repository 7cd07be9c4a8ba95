/** What sinks have in common that post records to one address and have an answer that counts. */
import { type Parcel, type Sink, type SinkEvent, SinkFault } from '#audit/sinks/sink.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import type { Courier } from './courier.ts';
import { httpBounds } from './http-bounds.ts';

export abstract class HttpSink<Settings> implements Sink {
  abstract readonly type: string;
  readonly takes = httpBounds.takes;
  readonly recordsMax = httpBounds.recordsMax;
  readonly bytesMax = httpBounds.bytesMax;
  readonly lingerMs = httpBounds.lingerMs;
  readonly settleMs = httpBounds.settleMs;
  protected readonly courier: Courier;
  protected readonly settings: Settings;

  constructor(courier: Courier, settings: Settings) {
    this.courier = courier;
    this.settings = settings;
  }

  /** Resolves when the receiver has taken all of them; rejects with a `SinkFault`. */
  protected abstract deliver(
    events: readonly SinkEvent[],
    cancellation: Cancellation,
  ): Promise<void>;

  async send(parcel: Parcel, cancellation: Cancellation): Promise<void> {
    if (parcel.kind === 'file') throw new SinkFault('refused');
    await this.deliver(parcel.events, cancellation);
  }

  close(): Promise<void> {
    return this.courier.close();
  }
}
