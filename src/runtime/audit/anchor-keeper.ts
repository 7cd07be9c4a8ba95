/**
 * Gives checkpoints to every anchor, each at its own pace: one at a time, the newest that there is. An
 * anchor that fails is tried again with the next checkpoint, or after a while; how old its last one is
 * stands in the metrics.
 */
import type { Anchor, Anchored } from '#audit/anchors/anchor.ts';
import type { Timers } from '#audit/timers.ts';
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Log } from '#telemetry/log.ts';

const RETRY_MS = 15_000;

export interface AnchorStatus {
  readonly name: string;
  readonly type: string;
  readonly isOutside: boolean;
  /** The size that it keeps; 0: none since the start. */
  readonly size: number;
  readonly keptAt: string | null;
  /** Null: the last try went well, or there was none. */
  readonly problem: string | null;
}

export interface AnchorKeeperParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class AnchorKeeper {
  readonly #parts: AnchorKeeperParts;
  #kept: KeptAnchor[] = [];
  #newest: Anchored | null = null;

  constructor(parts: AnchorKeeperParts) {
    this.#parts = parts;
  }

  /** The anchors of a configuration, in place of those before. */
  use(anchors: readonly Anchor[]): void {
    const before = this.#kept;
    this.#kept = anchors.map((anchor) => new KeptAnchor(anchor, this.#parts));
    for (const kept of before) void kept.close();
    if (this.#newest !== null) this.keep(this.#newest);
  }

  keep(checkpoint: Anchored): void {
    this.#newest = checkpoint;
    for (const kept of this.#kept) kept.offer(checkpoint);
  }

  status(): readonly AnchorStatus[] {
    return this.#kept.map((kept) => kept.status());
  }

  /** Seconds since each anchor took a checkpoint; -1: not since the start. */
  ages(): readonly (readonly [name: string, seconds: number])[] {
    const nowMs = this.#parts.clock.nowMs();
    return this.#kept.map((kept) => [kept.status().name, kept.ageSeconds(nowMs)]);
  }

  /** Waits for what is under way, at most `ms`. */
  async close(ms: number): Promise<void> {
    const idle = Promise.all(this.#kept.map((kept) => kept.idle()));
    await Promise.race([
      idle,
      new Promise<void>((resolve) => void this.#parts.timers.after(ms, resolve)),
    ]);
    await Promise.all(this.#kept.map((kept) => kept.close()));
  }
}

class KeptAnchor {
  readonly #anchor: Anchor;
  readonly #parts: AnchorKeeperParts;
  #next: Anchored | null = null;
  #working: Promise<void> | null = null;
  #cancel: () => void = () => {};
  #size = 0;
  #keptMs: number | null = null;
  #problem: string | null = null;
  #isClosed = false;

  constructor(anchor: Anchor, parts: AnchorKeeperParts) {
    this.#anchor = anchor;
    this.#parts = parts;
  }

  offer(checkpoint: Anchored): void {
    this.#next = checkpoint;
    const sinceMs = this.#parts.clock.nowMs() - (this.#keptMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= this.#anchor.everyMs) this.#begin();
  }

  status(): AnchorStatus {
    const { name, type, isOutside } = this.#anchor;
    const keptAt = this.#keptMs === null ? null : new Date(this.#keptMs).toISOString();
    return { name, type, isOutside, size: this.#size, keptAt, problem: this.#problem };
  }

  ageSeconds(nowMs: number): number {
    return this.#keptMs === null ? -1 : Math.max(0, Math.round((nowMs - this.#keptMs) / 1_000));
  }

  async idle(): Promise<void> {
    await this.#working;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#anchor.close();
  }

  #begin(): void {
    if (this.#working !== null || this.#isClosed) return;
    this.#cancel();
    this.#working = this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      try {
        await this.#anchor.keep(next);
        this.#size = next.size;
        this.#keptMs = this.#parts.clock.nowMs();
        this.#problem = null;
      } catch (thrown) {
        this.#failed(thrown);
        this.#next ??= next;
        this.#cancel = this.#parts.timers.after(RETRY_MS, () => this.#begin());
        return;
      }
    }
  }

  #failed(thrown: unknown): void {
    const problem = thrown instanceof Fault ? thrown.message : 'not known';
    if (problem !== this.#problem)
      this.#parts.log.write('error', 'audit-unanchored', {
        target: this.#anchor.name,
        reason: problem,
      });
    this.#problem = problem;
  }
}
