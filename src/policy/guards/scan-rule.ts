/**
 * Runs one guard, with a deadline. A guard that throws, hangs or is late has not answered, and it
 * has not passed the text either: the result is `unavailable`, unless the operator wrote
 * `onFault: pass` for this guard, which the record then shows.
 */
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Evidence, Tally } from './evidence.ts';
import { clean, type Detector, type GuardContext, type Scan } from './guard.ts';

export type RuleScan =
  | { readonly kind: 'scanned'; readonly scan: Scan }
  | { readonly kind: 'unavailable' };

export interface ScanPort {
  readonly evidence: Evidence;
  readonly monotonicMs: () => number;
}

interface Piece {
  readonly detector: Detector;
  readonly text: string;
  readonly from: number;
  readonly isEnd: boolean;
}

export function scanRule(
  tally: Tally,
  piece: Piece,
  context: GuardContext,
  port: ScanPort,
): MaybePromise<RuleScan> {
  const { rule } = tally;
  const startMs = port.monotonicMs();
  const finish = (scan: Scan): RuleScan => {
    const spentMs = port.monotonicMs() - startMs;
    tally.scannedChars += piece.text.length - piece.from;
    tally.us += spentMs * 1_000;
    if (spentMs > rule.timeoutMs) return failed(tally, piece, context, port);
    return { kind: 'scanned', scan };
  };
  try {
    const scan = piece.detector.scan(piece.text, piece.from, piece.isEnd, context);
    if (!(scan instanceof Promise)) return finish(scan);
    return withDeadline(scan, rule.timeoutMs).then(finish, () =>
      failed(tally, piece, context, port),
    );
  } catch {
    // What the guard threw may quote the text. That it failed is all that anyone may know.
    return failed(tally, piece, context, port);
  }
}

function failed(
  tally: Tally,
  { text }: Piece,
  { position }: GuardContext,
  { evidence }: ScanPort,
): RuleScan {
  const { rule } = tally;
  evidence.found(tally, { action: 'unavailable', category: null, position });
  if (rule.mode === 'enforce' && rule.onFault === 'deny') return { kind: 'unavailable' };
  evidence.passedUnread(`guard ${rule.name} unavailable`, 1);
  return { kind: 'scanned', scan: clean(text.length) };
}

export function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('late')), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
