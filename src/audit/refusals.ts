/**
 * Refusals before authentication, counted instead of written one by one: strangers must not be able
 * to fill the disk. One `deny` record a second for each address prefix and status, at most
 * `PREFIXES_MAX` of them; what is beyond goes to one prefix named `other`.
 */
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

/**
 * `/32` of an IPv4 address, `/64` of an IPv6 one: a host on IPv6 has 2^64 addresses and would pass
 * for as many strangers. An IPv4 address in IPv6 clothes counts as what it is.
 */
export function prefixOf(ip: string): string {
  const mapped = /^::ffff:(?<v4>\d{1,3}(?:\.\d{1,3}){3})$/iu.exec(ip)?.groups?.['v4'] ?? ip;
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/u.test(mapped)) return `${mapped}/32`;
  if (!/^[\da-f:.]{2,45}(?:%.{0,15})?$/iu.test(ip)) return 'other';
  const [head = '', tail] = (ip.toLowerCase().split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
