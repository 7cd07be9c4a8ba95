/**
 * One receiver of alerts: what it wants, what waits for it, and the attempts.
 *
 * Nothing here is waited for by a call. Everything is bounded: the queue, the attempts at once, the
 * attempts at one alert and its age. What is dropped is counted, and said in the log. A reload gives
 * a target new settings and leaves its queue alone.
 */
import { Fault } from '#domain/fault.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';

import { type Alert, type AlertEvent, alertEvent, SEVERITY, type Severity } from './alert.ts';
import { type AlertSender, ATTEMPTS_AT_ONCE_MAX, type Delivery } from './alert-sender.ts';
import { DedupTable } from './dedup-table.ts';
import { verdictOf } from './verdict.ts';

export interface AlertTargetSettings {
  readonly name: string;
  readonly severityMin: Severity;
  /** Null: all. */
  readonly events: readonly string[] | null;
  readonly guards: readonly string[] | null;
  readonly tenants: readonly string[] | null;
  readonly attemptsMax: number;
  readonly ageMaxMs: number;
  readonly dedupWindowMs: number;
  readonly queueMax: number;
}

/** `merged`: the same as another in its window, told with its count when the window closes. */
export const alertResults = ['delivered', 'failed', 'dropped', 'merged'] as const;
export type AlertResult = (typeof alertResults)[number];

export interface AlertMeter {
  ended(target: string, result: AlertResult, count: number): void;
  retried(target: string): void;
}

export interface AlertPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  /** Calls back once; the answer takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly meter: AlertMeter;
  /** In sentences of ours: which target lost how many alerts, and why. */
  readonly lost: (target: string, reason: string, count: number) => void;
}

interface Queued {
  readonly event: AlertEvent;
  readonly bornMs: number;
  attempts: number;
  dueMs: number;
  isSending: boolean;
}

/** Losses of a kind are said once in this time, with their count. */
const SAY_EVERY_MS = 10_000;
/** A timer cannot wait longer than this, and needs not. */
const TIMER_MS_MAX = 3_600_000;

export class AlertTarget {
  readonly #ports: AlertPorts;
  readonly #dedup: DedupTable;
  readonly #queue = new Set<Queued>();
  readonly #cancellation = new Cancellation();
  #settings: AlertTargetSettings;
  #sender: AlertSender;
  #sending = 0;
  /** The receiver asked everybody to wait until then. */
  #pausedUntilMs = 0;
  #isDraining = false;
  #isEnded = false;
  #stopTimer: (() => void) | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #emptied: (() => void) | null = null;
  readonly #unsaid = new Map<string, { count: number; saidMs: number }>();

  constructor(settings: AlertTargetSettings, sender: AlertSender, ports: AlertPorts) {
    this.#settings = settings;
    this.#sender = sender;
    this.#ports = ports;
    this.#dedup = new DedupTable((merged, windowMs) => this.#enqueue(merged, { windowMs }));
  }

  get queued(): number {
    return this.#queue.size;
  }

  take(alert: Alert): void {
    if (!wants(this.#settings, alert)) return;
    const { clock, meter } = this.#ports;
    const { name, dedupWindowMs } = this.#settings;
    const nowMs = clock.monotonicMs();
    if (this.#dedup.admit(alert, nowMs, dedupWindowMs)) this.#enqueue(alert, null);
    else meter.ended(name, 'merged', 1);
    // Not a walk through the queue: calls pay for this, and a flood of findings is many of them.
    const closeMs = this.#dedup.nextCloseMs;
    if (closeMs < this.#timerAtMs) this.#wakeAt(closeMs, nowMs);
  }

  /** Past what it wants: a rule names whom it tells, and tells each thing once. */
  tell(alert: Alert): void {
    this.#enqueue(alert, null);
  }

  /** New settings and a new way; what waits goes there. Attempts that run end where they began. */
  replace(settings: AlertTargetSettings, sender: AlertSender): void {
    const before = this.#sender;
    // Windows close in the order in which they opened, which holds while they are equally long.
    if (settings.dedupWindowMs !== this.#settings.dedupWindowMs) this.#dedup.close(Infinity);
    this.#settings = settings;
    this.#sender = sender;
    this.#pausedUntilMs = 0;
    closeQuietly(before);
    this.#pump();
  }

  /** One attempt beside the queue, for an administrator who waits for its result. */
  test(alert: Alert): Promise<Delivery> {
    const { newId, clock } = this.#ports;
    return this.#sender.send(alertEvent(newId(), alert, clock.nowMs(), null), this.#cancellation);
  }

  /**
   * Closes every window and tries everything that waits once more, at once; what is left at the
   * deadline is dropped and counted. Nothing is taken after this.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    this.#dedup.close(Number.POSITIVE_INFINITY);
    this.#pump();
    if (this.#queue.size > 0) {
      await new Promise<void>((resolve) => {
        const stop = this.#ports.after(deadlineMs, resolve);
        this.#emptied = () => {
          stop();
          resolve();
        };
      });
    }
    await this.end('the gateway stopped first');
  }

  /** Ends without waiting: what is queued is lost, and said to be. */
  async end(reason: string): Promise<void> {
    this.#isEnded = true;
    this.#stopTimer?.();
    this.#cancellation.cancel(new Fault('shutting-down', reason));
    const left = this.#queue.size;
    this.#queue.clear();
    if (left > 0) this.#lost('dropped', reason, left);
    for (const [reason, { count }] of this.#unsaid) {
      if (count > 0) this.#ports.lost(this.#settings.name, reason, count);
    }
    this.#unsaid.clear();
    await this.#sender.close();
  }

  #enqueue(alert: Alert, merged: { readonly windowMs: number } | null): void {
    const { clock, newId } = this.#ports;
    // The oldest stay: what began an attack says more than its thousandth repetition.
    if (this.#queue.size >= this.#settings.queueMax) {
      this.#lost('dropped', 'the queue is full', 1);
      return;
    }
    const bornMs = clock.monotonicMs();
    const event = alertEvent(newId(), alert, clock.nowMs(), merged);
    const item = { event, bornMs, attempts: 0, dueMs: bornMs, isSending: false };
    this.#queue.add(item);
    const isPaused = this.#pausedUntilMs > bornMs;
    if (isPaused) this.#wakeAt(Math.min(this.#timerAtMs, this.#pausedUntilMs), bornMs);
    else if (this.#sending < ATTEMPTS_AT_ONCE_MAX) this.#send(item);
  }

  #pump(): void {
    if (this.#isEnded) return;
    const nowMs = this.#ports.clock.monotonicMs();
    this.#dedup.close(nowMs);
    const isPaused = !this.#isDraining && this.#pausedUntilMs > nowMs;
    let nextMs = this.#dedup.nextCloseMs;
    for (const item of this.#queue) {
      if (this.#sending >= ATTEMPTS_AT_ONCE_MAX) break;
      if (item.isSending) continue;
      const dueMs = isPaused ? Math.max(item.dueMs, this.#pausedUntilMs) : item.dueMs;
      if (this.#isDraining || dueMs <= nowMs) this.#send(item);
      else nextMs = Math.min(nextMs, dueMs);
    }
    this.#wakeAt(nextMs, nowMs);
    if (this.#queue.size === 0) this.#emptied?.();
  }

  /** One timer a target. Where all attempts are busy, the end of one of them is what wakes us. */
  #wakeAt(atMs: number, nowMs: number): void {
    if (this.#timerAtMs === atMs) return;
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#timerAtMs = atMs;
    if (!Number.isFinite(atMs)) return;
    this.#stopTimer = this.#ports.after(Math.min(TIMER_MS_MAX, Math.max(0, atMs - nowMs)), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #send(item: Queued): void {
    item.isSending = true;
    item.attempts += 1;
    this.#sending += 1;
    const settle = (delivery: Delivery | null): void => {
      this.#sending -= 1;
      item.isSending = false;
      // What was dropped meanwhile (at the end) was counted then.
      if (this.#queue.has(item)) this.#ended(item, delivery);
      this.#pump();
    };
    this.#sender.send(item.event, this.#cancellation).then(settle, () => settle(null));
  }

  #ended(item: Queued, delivery: Delivery | null): void {
    const { meter, random, clock } = this.#ports;
    const { name, attemptsMax, ageMaxMs } = this.#settings;
    const verdict = verdictOf(delivery, item.attempts, random);
    if (verdict.kind === 'delivered') {
      this.#queue.delete(item);
      meter.ended(name, 'delivered', 1);
      return;
    }
    const nowMs = clock.monotonicMs();
    const reason = giveUpReason(verdict, {
      isOutOfAttempts: item.attempts >= attemptsMax,
      isOld: verdict.kind === 'retry' && nowMs + verdict.waitMs - item.bornMs > ageMaxMs,
      isDraining: this.#isDraining,
    });
    if (reason !== null || verdict.kind !== 'retry') {
      this.#queue.delete(item);
      this.#lost('failed', reason ?? 'it failed', 1);
      return;
    }
    item.dueMs = nowMs + verdict.waitMs;
    if (verdict.isForAll) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, item.dueMs);
    meter.retried(name);
  }

  #lost(result: AlertResult, reason: string, count: number): void {
    const { meter, clock, lost } = this.#ports;
    const { name } = this.#settings;
    meter.ended(name, result, count);
    const nowMs = clock.monotonicMs();
    const unsaid = this.#unsaid.get(reason);
    if (unsaid !== undefined && nowMs - unsaid.saidMs < SAY_EVERY_MS) {
      unsaid.count += count;
      return;
    }
    lost(name, reason, count + (unsaid?.count ?? 0));
    this.#unsaid.set(reason, { count: 0, saidMs: nowMs });
  }
}

function wants(settings: AlertTargetSettings, alert: Alert): boolean {
  const { severityMin, events, guards, tenants } = settings;
  if (SEVERITY[alert.severity] < SEVERITY[severityMin]) return false;
  if (events !== null && !events.includes(alert.type)) return false;
  if (guards !== null && (alert.guard === null || !guards.includes(alert.guard))) return false;
  return tenants === null || (alert.tenant !== null && tenants.includes(alert.tenant));
}

function giveUpReason(
  verdict: { readonly kind: 'retry' } | { readonly kind: 'refused'; readonly why: string },
  state: { isOutOfAttempts: boolean; isOld: boolean; isDraining: boolean },
): string | null {
  if (verdict.kind === 'refused') return verdict.why;
  if (state.isDraining) return 'the gateway stopped first';
  if (state.isOutOfAttempts) return 'every attempt failed';
  return state.isOld ? 'it grew too old' : null;
}

function closeQuietly(sender: AlertSender): void {
  // Nobody waits for old pools; a connection that does not end in peace ends with the process.
  sender.close().catch(() => {});
}
