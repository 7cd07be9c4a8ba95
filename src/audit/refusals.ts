/**
 * Refusals before authentication, counted instead of written one by one: strangers must not be able
 * to fill the disk. One `deny` record a second for each address prefix and status, at most
 * `PREFIXES_MAX` of them; what is beyond goes to one prefix named `other`.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import type { Clock } from '#stdx/clock.ts';

import type { AuditDraft } from './record.ts';
import type { Timers } from './timers.ts';

const FLUSH_MS = 1_000;
const PREFIXES_MAX = 4_096;
/** Reasons are names of ours, so there are few; the bound is for the day that one is not. */
const REASONS_MAX = 32;

export interface Refusals {
  note(refusal: { readonly ip: string; readonly status: number; readonly reason: string }): void;
  /** Writes what was counted. Rejects when a record could not be written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Count {
  readonly ip: string;
  readonly status: number;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  readonly reasons: Map<string, number>;
}

export function countRefusals(
  append: (draft: AuditDraft) => Promise<number>,
  { clock, timers, onFault }: { clock: Clock; timers: Timers; onFault: (thrown: unknown) => void },
): Refusals {
  let counts = new Map<string, Count>();
  let cancel = (): void => {};
  let isClosed = false;

  const flush = async (): Promise<void> => {
    cancel();
    const flushed = [...counts.values()];
    counts = new Map();
    await Promise.all(flushed.map((count) => append(draftOf(count))));
  };

  const countOf = (ip: string, status: number, nowMs: number): Count => {
    const key = `${status} ${ip}`;
    const found = counts.get(key);
    if (found !== undefined) return found;
    if (counts.size >= PREFIXES_MAX && ip !== 'other') return countOf('other', status, nowMs);
    const fresh = {
      ip,
      status,
      firstMs: nowMs,
      lastMs: nowMs,
      count: 0,
      reasons: new Map<string, number>(),
    };
    // The first refusal of a second starts its timer: an idle gateway has none.
    if (counts.size === 0 && !isClosed)
      cancel = timers.after(FLUSH_MS, () => void flush().catch(onFault));
    counts.set(key, fresh);
    return fresh;
  };

  return {
    note({ ip, status, reason }) {
      const nowMs = clock.nowMs();
      const count = countOf(prefixOf(ip), status, nowMs);
      count.count += 1;
      count.lastMs = nowMs;
      const isKnown = count.reasons.has(reason) || count.reasons.size < REASONS_MAX;
      const name = isKnown ? reason : 'other';
      count.reasons.set(name, (count.reasons.get(name) ?? 0) + 1);
    },
    flush,
    async close() {
      isClosed = true;
      await flush();
    },
  };
}

function draftOf({ ip, status, count, firstMs, lastMs, reasons }: Count): AuditDraft {
  const first = new Date(firstMs).toISOString();
  const last = new Date(lastMs).toISOString();
  return { kind: 'deny', ip, status, count, first, last, reasons: Object.fromEntries(reasons) };
}
