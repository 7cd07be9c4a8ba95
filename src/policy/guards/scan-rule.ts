/**
 * Runs one guard, with a deadline. A guard that throws, hangs or is late has not answered, and it
 * has not passed the text either: the result is `unavailable`, unless the operator wrote
 * `onFault: pass` for this guard, which the record then shows.
 */
import type { Passage, Position } from '#domain/passage.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { nextTurn } from '#stdx/next-turn.ts';

import type { Evidence, Tally } from './evidence.ts';
import {
  clean,
  type Detector,
  type Finding,
  type GuardContext,
  LEFT_CONTEXT_CHARS,
  type Scan,
} from './guard.ts';

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

/** A detector that takes turns is given so much at a time. */
const TURN_CHARS = 65_536;

export function scanRule(
  tally: Tally,
  piece: Piece,
  context: GuardContext,
  port: ScanPort,
): MaybePromise<RuleScan> {
  const { rule } = tally;
  const startMs = port.monotonicMs();
  const finish = (scan: Scan, spentMs = port.monotonicMs() - startMs): RuleScan => {
    tally.scannedChars += piece.text.length - piece.from;
    tally.us += spentMs * 1_000;
    if (spentMs > rule.timeoutMs) return failed(tally, piece, context, port);
    return { kind: 'scanned', scan };
  };
  const late = (): RuleScan => failed(tally, piece, context, port);
  const { detector, text, from, isEnd } = piece;
  try {
    if (detector.takesTurns === true && text.length - from > TURN_CHARS) {
      return byTurns(piece, context, { ...port, timeoutMs: rule.timeoutMs }).then(
        ({ scan, spentMs }) => finish(scan, spentMs),
        late,
      );
    }
    const timed = new TimedContext(context);
    const scan = detector.scan(text, from, isEnd, timed);
    if (!(scan instanceof Promise)) return finish(scan);
    return withDeadline(scan, rule.timeoutMs).then(
      (answer) => finish(answer),
      () => {
        timed.isLate = true;
        return late();
      },
    );
  } catch {
    // What the guard threw may quote the text. That it failed is all that anyone may know.
    return late();
  }
}

/**
 * A long text as if it had come in pieces, which by the law finds the same, so that other calls have a
 * turn between two of them. What counts is the time of its own turns.
 */
async function byTurns(
  { detector, text, from, isEnd }: Piece,
  context: GuardContext,
  { monotonicMs, timeoutMs }: Pick<ScanPort, 'monotonicMs'> & { readonly timeoutMs: number },
): Promise<{ readonly scan: Scan; readonly spentMs: number }> {
  const findings: Finding[] = [];
  let [cursor, spentMs] = [from, 0];
  for (let to = from + TURN_CHARS; ; to += TURN_CHARS) {
    const isLast = to >= text.length;
    const startMs = monotonicMs();
    // No further back than a stream keeps its text.
    const base = Math.max(0, cursor - LEFT_CONTEXT_CHARS);
    const piece = text.slice(base, to);
    const scan = await detector.scan(piece, cursor - base, isLast && isEnd, context);
    spentMs += monotonicMs() - startMs;
    for (const finding of scan.findings) {
      findings.push({ ...finding, start: finding.start + base, end: finding.end + base });
    }
    cursor = scan.decidedTo + base;
    if (isLast) return { scan: { findings, decidedTo: cursor }, spentMs };
    if (spentMs > timeoutMs || context.signal.aborted) throw new Error('late');
    await nextTurn();
  }
}

/** Says when its deadline is over to those who take turns. A service has a deadline of its own. */
class TimedContext implements GuardContext {
  readonly #whole: GuardContext;
  isLate = false;

  constructor(whole: GuardContext) {
    this.#whole = whole;
  }

  get tenant(): string {
    return this.#whole.tenant;
  }

  get model(): string {
    return this.#whole.model;
  }

  get position(): Position {
    return this.#whole.position;
  }

  get request(): readonly Passage[] {
    return this.#whole.request;
  }

  get signal(): AbortSignal {
    return this.#whole.signal;
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
