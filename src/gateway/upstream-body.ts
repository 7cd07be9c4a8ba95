/**
 * The body of a provider's answer, pulled by one reader, with real back-pressure: when more than
 * `QUEUED_BYTES_MAX` wait, the socket is paused, so a slow client costs a bounded buffer.
 */
import { Fault } from '#domain/fault.ts';

export const QUEUED_BYTES_MAX = 65_536;

export interface FlowControl {
  pause(): void;
  resume(): void;
  abort(): void;
  /** Whether the provider is waited for: it is not late while its reader is at work. */
  waits(isWaiting: boolean): void;
}

/** What is held for as long as the provider is at work on the answer. */
export interface Held {
  /** May be called more than once. */
  leave(): void;
}

export class UpstreamBody {
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isPaused = false;
  #isEnded = false;
  #fault: Fault | null = null;
  #wake: (() => void) | null = null;
  #flow: FlowControl | null = null;
  #held: Held | null = null;

  attach(flow: FlowControl): void {
    this.#flow = flow;
  }

  /** Left when the provider has nothing more to do for it, whether or not anybody reads the rest. */
  holds(held: Held): void {
    if (this.#isEnded || this.#fault !== null) held.leave();
    else this.#held = held;
  }

  add(chunk: Uint8Array): void {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > QUEUED_BYTES_MAX && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow?.pause();
    }
    this.#wakeUp();
  }

  end(): void {
    this.#isEnded = true;
    this.#letGo();
    this.#wakeUp();
  }

  /** What was queued before is still read; then the reader sees the fault. */
  fail(fault: Fault): void {
    this.#fault ??= fault;
    this.#letGo();
    this.#wakeUp();
  }

  /** The reader wants no more: the connection is closed, the provider sees it at once. */
  cancel(): void {
    if (this.#isEnded && this.#queue.length === 0) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#isEnded) return;
    this.#fault ??= new Fault('provider-cut', 'cancelled by us');
    this.#flow?.abort();
    this.#letGo();
    this.#wakeUp();
  }

  /** Whether there is something to read, or an end. A fault is told by `ready` and by reading. */
  get isReady(): boolean {
    return this.#queue.length > 0 || (this.#isEnded && this.#fault === null);
  }

  /** Resolves when there is something to read or an end; rejects with the fault. */
  async ready(): Promise<void> {
    while (this.#queue.length === 0 && !this.#isEnded && this.#fault === null) await this.#wait();
    if (this.#queue.length === 0 && this.#fault !== null) throw this.#fault;
  }

  /** The next piece, or null at the end. Whoever stops before the end calls `cancel`. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#take();
      if (chunk !== undefined) return chunk;
      if (this.#fault !== null) throw this.#fault;
      if (this.#isEnded) return null;
      await this.#wait();
    }
  }

  /** All of it, in pieces. Beyond `bytesMax` it is cancelled, and the answer is a fault. */
  async whole(bytesMax: number): Promise<readonly Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      for (let chunk = this.#take(); chunk !== undefined; chunk = this.#take()) {
        chunks.push(chunk);
        bytes += chunk.length;
      }
      if (bytes > bytesMax) {
        this.cancel();
        throw new Fault('provider-reply-invalid', 'an answer without end');
      }
      if (this.#fault !== null) throw this.#fault;
      if (this.#isEnded) return chunks;
      await this.#wait();
    }
  }

  /**
   * Said by the reader of a stream. Only whole events count as an answer that goes on: one that drips
   * byte by byte is silence.
   */
  waits(isWaiting: boolean): void {
    this.#flow?.waits(isWaiting);
  }

  #letGo(): void {
    this.#held?.leave();
    this.#held = null;
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#queue.shift();
    if (chunk === undefined) return undefined;
    this.#queuedBytes -= chunk.length;
    this.#resumeWhenEmpty();
    return chunk;
  }

  #resumeWhenEmpty(): void {
    if (!this.#isPaused || this.#queuedBytes > 0) return;
    this.#isPaused = false;
    this.#flow?.resume();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
