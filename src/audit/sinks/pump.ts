/**
 * Brings the log to one sink: at least once, in the order of each writer, and never in the way of a
 * call. One parcel is under way at a time. What fails is sent again after a wait that doubles (half of
 * it drawn at random, 30 s at most); the cursor moves when the receiver has answered, and is on the
 * disk before it counts for retention.
 *
 * A record that a receiver refuses while it takes the next one is passed over and said to be: whoever
 * can make one such record could otherwise end the whole export. A receiver that refuses both is
 * waited for.
 *
 * Longer than a file should be: one parcel, its wait and its cursor are one state, and each step turns all three.
 */
import { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Timers } from '../timers.ts';
import { type Cursor, writeCursor } from './cursor-file.ts';
import { testEvent } from './event.ts';
import type { Gap } from './log-tail.ts';
import type { Positions } from './positions.ts';
import { Settled } from './settled.ts';
import {
  type Parcel,
  type Sink,
  type SinkEvent,
  SinkFault,
  type SinkFaultCode,
  sinkFaultOf,
} from './sink.ts';
import type { Load, Source } from './source.ts';

const BACKOFF_MS = 250;
const BACKOFF_MS_MAX = 30_000;
/** How long an idle pump waits until it looks again. */
const POLL_MS = 250;
const BEHIND_EVERY_MS = 1_000;

/** `waiting`: it failed and will be tried again. `refused`: the same, and the receiver says no. */
export type PumpState = 'ok' | 'waiting' | 'refused' | 'stopped';

/** `more`: there is more to send at once. */
type Turn = 'more' | 'sent' | 'idle' | 'failed';

export interface PumpPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly delivered: (count: number) => void;
  readonly failed: (code: SinkFaultCode) => void;
  /** Records that retention took first. */
  readonly missed: (gap: Gap) => void;
  /** A record that the receiver does not take, ever. */
  readonly refused: (event: SinkEvent) => void;
  /** The cursor could not be kept; what was sent meanwhile may be sent again. */
  readonly cursorLost: () => void;
}

export interface PumpParts {
  readonly name: string;
  readonly sink: Sink;
  readonly source: Source;
  readonly cursor: Cursor;
  readonly cursorPath: string;
  /** For one parcel. */
  readonly timeoutMs: number;
  readonly ports: PumpPorts;
}

export interface PumpStatus {
  readonly state: PumpState;
  readonly lastError: SinkFaultCode | null;
  readonly delivered: number;
  readonly failures: number;
  /** What the receiver has taken. */
  readonly taken: Positions;
  /** Age of the oldest record that it has not, as far as it was read; 0: none was. */
  readonly lagMs: number;
  readonly behindBytes: number;
}

export class Pump {
  readonly #parts: PumpParts;
  readonly #settled: Settled;
  #taken: Cursor;
  #kept: Cursor;
  #load: Load | null = null;
  #state: PumpState = 'ok';
  #lastError: SinkFaultCode | null = null;
  #delivered = 0;
  #failures = 0;
  /** Turns that failed since something was taken. */
  #inRow = 0;
  /** Down to 1 while a record is looked for that the receiver does not take; then up again. */
  #recordsMax = Number.POSITIVE_INFINITY;
  readonly #missedTo = new Map<string, number>();
  #behind = { bytes: 0, atMs: Number.NEGATIVE_INFINITY };
  #isClosing = false;
  #isOver = false;
  #wake: (() => void) | null = null;
  readonly #cancellation = new Cancellation();
  #running: Promise<void> | null = null;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#taken = parts.cursor;
    this.#kept = parts.cursor;
    this.#settled = new Settled(parts.cursor, parts.sink.settleMs);
  }

  get name(): string {
    return this.#parts.name;
  }

  /** On the disk: up to here the log may be deleted for all that this sink needs. */
  get acknowledged(): Positions {
    return this.#kept.positions;
  }

  get status(): PumpStatus {
    const { clock } = this.#parts.ports;
    const lagMs = this.#load === null ? 0 : Math.max(0, clock.nowMs() - this.#load.oldestMs);
    return {
      state: this.#state,
      lastError: this.#lastError,
      delivered: this.#delivered,
      failures: this.#failures,
      taken: this.#taken.positions,
      lagMs,
      behindBytes: this.#behindBytes(),
    };
  }

  /** Looked at once a second at most: it asks for the size of files. */
  #behindBytes(): number {
    const nowMs = this.#parts.ports.clock.monotonicMs();
    if (nowMs - this.#behind.atMs >= BEHIND_EVERY_MS) {
      this.#behind = { bytes: this.#parts.source.behindBytes(), atMs: nowMs };
    }
    return this.#behind.bytes + (this.#load?.bytes ?? 0);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** One marked event beside the queue; null: it was taken. */
  async test(): Promise<SinkFaultCode | null> {
    const { sink, name, ports } = this.#parts;
    const event = testEvent(name, ports.clock.nowMs());
    const parcel: Parcel =
      sink.takes === 'records'
        ? { kind: 'records', events: [event] }
        : { kind: 'file', name: `test/${event.record.seq}`, bytes: Buffer.from('llmproxy\n') };
    return (await this.#send(parcel))?.code ?? null;
  }

  /** Sends what is there for at most `drainMs`; the rest is sent after the next start. */
  async close(drainMs: number): Promise<void> {
    await this.#end(drainMs);
  }

  /** Sends nothing more, but for what is under way, which gets `endMs`. */
  async release(endMs: number): Promise<void> {
    this.#isOver = true;
    await this.#end(endMs);
  }

  async #end(endMs: number): Promise<void> {
    this.#isClosing = true;
    const cancel = this.#parts.ports.timers.after(endMs, () => {
      this.#isOver = true;
      this.#cancellation.cancel(new SinkFault('cancelled'));
      this.#wake?.();
    });
    this.#wake?.();
    await this.#running;
    cancel();
    this.#state = 'stopped';
    await this.#keep();
    await this.#parts.sink.close();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const turn = await this.#turn();
      // Looking for the one record that is refused is one failure, however many parcels it takes.
      if (turn === 'failed') this.#inRow += 1;
      await this.#keep();
      // At the end one attempt is enough, and what is there is sent.
      if (this.#isClosing && (turn === 'idle' || turn === 'failed')) return;
      if (turn !== 'more' && !this.#isClosing) await this.#rest();
    }
  }

  async #turn(): Promise<Turn> {
    const { source } = this.#parts;
    if (this.#load === null) {
      this.#load = await this.#read(source);
      for (const gap of this.#load?.gaps ?? []) this.#missed(gap);
    }
    if (this.#load === null) return 'idle';
    const part = this.#part(this.#load.parcel);
    const fault = await this.#send(part);
    if (fault === null) return this.#took(part);
    return this.#isOver ? 'failed' : await this.#failed(fault, part);
  }

  async #read(source: Source): Promise<Load | null> {
    try {
      return await source.next();
    } catch {
      // The disk could not be read: as for a receiver, it is tried again, from where it began. What
      // was read before it broke has been seen by nobody.
      source.rewind(this.#taken);
      this.#note('broken');
      return null;
    }
  }

  /** Once: what is read again after a failure has the same gaps. */
  #missed(gap: Gap): void {
    if (gap.to <= (this.#missedTo.get(gap.writer) ?? 0)) return;
    this.#missedTo.set(gap.writer, gap.to);
    this.#parts.ports.missed(gap);
  }

  #part(parcel: Parcel): Parcel {
    if (parcel.kind === 'file') return parcel;
    return { kind: 'records', events: parcel.events.slice(0, this.#recordsMax) };
  }

  async #send(parcel: Parcel): Promise<SinkFault | null> {
    const { sink, timeoutMs, ports } = this.#parts;
    const cancellation = new Cancellation();
    const stop = (reason: Error): void => cancellation.cancel(reason);
    this.#cancellation.on(stop);
    const { promise: over, resolve } = Promise.withResolvers<SinkFault>();
    cancellation.on((reason) => resolve(sinkFaultOf(reason)));
    const cancel = ports.timers.after(timeoutMs, () => cancellation.cancel(new SinkFault('late')));
    try {
      // Whoever does not hear of the end of its time is left behind: its answer counts for nothing.
      const sent = sink.send(parcel, cancellation).then(() => null, sinkFaultOf);
      return await Promise.race([sent, over]);
    } finally {
      cancel();
      this.#cancellation.off(stop);
    }
  }

  /** `passedOver`: of the parcel, how many the receiver does not have. */
  #took(parcel: Parcel, passedOver = 0): Turn {
    const { delivered, clock } = this.#parts.ports;
    const load = this.#load;
    if (load === null) return 'failed';
    const count = parcel.kind === 'records' ? parcel.events.length : 1;
    this.#delivered += count - passedOver;
    delivered(count - passedOver);
    this.#state = 'ok';
    this.#inRow = 0;
    this.#recordsMax *= 2;
    const left = this.#leftOf(load, count);
    if (left.length > 0) {
      this.#load = { ...load, parcel: { kind: 'records', events: left } };
      return 'more';
    }
    this.#taken = load.after;
    this.#settled.add(load.after, clock.monotonicMs());
    this.#load = null;
    return load.isFull ? 'more' : 'sent';
  }

  #leftOf({ parcel }: Load, count: number): readonly SinkEvent[] {
    return parcel.kind === 'records' ? parcel.events.slice(count) : [];
  }

  async #failed(fault: SinkFault, part: Parcel): Promise<Turn> {
    this.#note(fault.code);
    const load = this.#load;
    if (load === null) return 'failed';
    if (fault.left !== null && fault.left.length > 0 && load.parcel.kind === 'records') {
      const rest = load.parcel.events.slice(part.kind === 'records' ? part.events.length : 0);
      this.#delivered += part.kind === 'records' ? part.events.length - fault.left.length : 0;
      // Receivers collapse copies by their key, so the order among those that are left is enough.
      this.#load = { ...load, parcel: { kind: 'records', events: [...fault.left, ...rest] } };
    }
    if (fault.code === 'refused' || fault.code === 'too-large') return await this.#smaller(part);
    if (this.#parts.sink.settleMs > 0) this.#resend();
    return 'failed';
  }

  /** What was in the memory of a receiver that died is sent again. */
  #resend(): void {
    const { source, ports } = this.#parts;
    const from = this.#settled.at(ports.clock.monotonicMs());
    this.#settled.reset(from);
    this.#taken = from;
    this.#load = null;
    source.rewind(from);
  }

  /** Half of it, down to one; then whether that one alone is the trouble. */
  async #smaller(part: Parcel): Promise<Turn> {
    const load = this.#load;
    if (part.kind === 'file' || load === null || load.parcel.kind === 'file') return 'failed';
    if (part.events.length > 1) {
      this.#recordsMax = Math.ceil(part.events.length / 2);
      return 'more';
    }
    const [first, second] = load.parcel.events;
    if (first === undefined) return 'failed';
    // Without another record of the log the marked one shows whether it takes anything at all.
    const probe = second ?? testEvent(this.#parts.name, this.#parts.ports.clock.nowMs());
    const answer = await this.#send({ kind: 'records', events: [probe] });
    if (answer !== null) {
      this.#note(answer.code);
      return 'failed';
    }
    this.#parts.ports.refused(first);
    const passed = second === undefined ? [first] : [first, second];
    return this.#took({ kind: 'records', events: passed }, 1);
  }

  #note(code: SinkFaultCode): void {
    this.#failures += 1;
    this.#lastError = code;
    this.#state = code === 'refused' || code === 'unauthorized' ? 'refused' : 'waiting';
    this.#parts.ports.failed(code);
  }

  async #keep(): Promise<void> {
    const { cursorPath, ports } = this.#parts;
    const settled = this.#settled.at(ports.clock.monotonicMs());
    if (settled === this.#kept) return;
    try {
      await writeCursor(cursorPath, settled, ports.clock.nowMs());
      this.#kept = settled;
    } catch {
      // The old cursor is there still: what is behind it is sent again after a restart.
      ports.cursorLost();
    }
  }

  async #rest(): Promise<void> {
    const { sink, ports } = this.#parts;
    const ms = this.#inRow === 0 ? Math.max(POLL_MS, sink.lingerMs) : this.#backoffMs();
    await new Promise<void>((resolve) => {
      const cancel = ports.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = null;
  }

  #backoffMs(): number {
    const stepMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** Math.min(16, this.#inRow - 1));
    return stepMs / 2 + (this.#parts.ports.random() * stepMs) / 2;
  }
}
