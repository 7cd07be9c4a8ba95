/**
 * Runs one guard, with a deadline. A guard that throws, hangs or is late has not answered, and it
 * has not passed the text either: the result is `unavailable`, unless the operator wrote
 * `onFault: pass` for this guard, which the record then shows.
 */
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Evidence } from './evidence.ts';
import { clean, type Detector, type GuardContext, type Scan } from './guard.ts';
import type { Direction, GuardRule } from './rule.ts';

export type RuleScan =
  | { readonly kind: 'scanned'; readonly scan: Scan }
  | { readonly kind: 'unavailable' };

export interface ScanPort {
  readonly evidence: Evidence;
  readonly direction: Direction;
  readonly monotonicMs: () => number;
}

interface Piece {
  readonly detector: Detector;
  readonly text: string;
  readonly from: number;
  readonly isEnd: boolean;
}

export function scanRule(
  rule: GuardRule,
  piece: Piece,
  context: GuardContext,
  port: ScanPort,
): MaybePromise<RuleScan> {
  const startMs = port.monotonicMs();
  const finish = (scan: Scan): RuleScan => {
    const spentMs = port.monotonicMs() - startMs;
    const chars = piece.text.length - piece.from;
    port.evidence.scanned(rule, port.direction, chars, spentMs * 1_000);
    if (spentMs > rule.timeoutMs) return failed(rule, piece, context, port);
    return { kind: 'scanned', scan };
  };
  try {
    const scan = piece.detector.scan(piece.text, piece.from, piece.isEnd, context);
    if (!(scan instanceof Promise)) return finish(scan);
    return withDeadline(scan, rule.timeoutMs).then(finish, () =>
      failed(rule, piece, context, port),
    );
  } catch {
    // What the guard threw may quote the text. That it failed is all that anyone may know.
    return failed(rule, piece, context, port);
  }
}

function failed(
  rule: GuardRule,
  { text }: Piece,
  { position }: GuardContext,
  { evidence, direction }: ScanPort,
): RuleScan {
  evidence.found(rule, direction, { action: 'unavailable', category: null, position });
  if (rule.mode === 'enforce' && rule.onFault === 'deny') return { kind: 'unavailable' };
  evidence.passedUnread(`guard ${rule.name} unavailable`, 1);
  return { kind: 'scanned', scan: clean(text.length) };
}

function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('late')), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
