/**
 * The stream window: text goes in by pieces and comes out filtered, exactly as if it had come in one
 * piece. Every guard has its own cursor; text leaves when every guard that may edit has decided it.
 *
 * Edits are made on the original text: overlapping findings are one region, and the first of them
 * names it. A block lets out what stands before its finding, and nothing after it.
 */
import { assert } from '#stdx/assert.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { Tally } from './evidence.ts';
import type { Detector, Finding, GuardAction } from './guard.ts';
import { LEFT_CONTEXT_CHARS, UNDECIDED_CHARS_MAX } from './guard.ts';
import { plainForms } from './plain-forms.ts';
import { actionFor, type GuardRule } from './rule.ts';
import type { RuleScan } from './scan-rule.ts';

/** Why a text stopped. */
export type Stop =
  | { readonly kind: 'blocked'; readonly rule: GuardRule; readonly category: string }
  | { readonly kind: 'unavailable'; readonly rule: GuardRule }
  /** The answer calls a tool that the caller's role does not have. */
  | { readonly kind: 'tool-forbidden' };

interface PlacedFinding extends Finding {
  readonly lane: Lane;
  readonly action: GuardAction;
}

export interface WindowPort {
  scan(lane: Lane, text: string, isEnd: boolean): MaybePromise<RuleScan>;
  found(lane: Lane, action: GuardAction, category: string): void;
  /** What stands for a value. */
  mask(action: GuardAction, category: string, value: string): string;
}

/** One detector of one rule, and how far it has decided. */
export interface Lane {
  readonly rule: GuardRule;
  readonly detector: Detector;
  readonly tally: Tally;
  cursor: number;
}

/**
 * The end of the text that one surrogate stands for: of a finding and of those that overlap it, or null
 * where a part of it is masked for good. What each of them covers is its own affair.
 */
function reversibleEnd(index: number, ready: readonly PlacedFinding[]): number | null {
  let end = 0;
  for (let next = index; next < ready.length; next += 1) {
    const other = ready[next];
    if (other === undefined || (next > index && other.start >= end)) break;
    if (other.action === 'alert') continue;
    // A value whose end is not known yet cannot be given back.
    if (other.action !== 'pseudonymise' || other.runsOn !== undefined) return null;
    end = Math.max(end, other.end);
  }
  return end;
}

export const maskOf = (category: string): string => `[redacted:${category}]`;

export class StreamWindow {
  readonly #lanes: readonly Lane[];
  readonly #port: WindowPort;
  readonly #isEditable: boolean;
  #text = '';
  /** Text before this offset has left, or is covered by a region that has. */
  #sentTo = 0;
  /** The region that was masked last goes on to here, and further while `#runsOn` matches. */
  #coveredTo = 0;
  #runsOn: RegExp | null = null;
  #pending: PlacedFinding[] = [];
  #stop: Stop | null = null;

  /** The lanes are the window's own: their cursors move. */
  constructor(lanes: readonly Lane[], port: WindowPort, isEditable: boolean) {
    this.#lanes = lanes;
    this.#port = port;
    this.#isEditable = isEditable;
  }

  get stop(): Stop | null {
    return this.#stop;
  }

  /** Whether text is held back: a client that waits may need a sign of life. */
  get isHolding(): boolean {
    return this.#stop === null && this.#sentTo < this.#text.length;
  }

  push(delta: string): MaybePromise<string> {
    if (this.#lanes.length === 0) return delta;
    this.#text += delta;
    return this.#advance(false);
  }

  /** A text that is all there: by the law it comes out as if it had been pushed in pieces. */
  whole(text: string): MaybePromise<string> {
    if (this.#lanes.length === 0) return text;
    this.#text = text;
    return this.#advance(true);
  }

  end(): MaybePromise<string> {
    return this.#lanes.length === 0 ? '' : this.#advance(true);
  }

  #advance(isEnd: boolean): MaybePromise<string> {
    if (this.#stop !== null) return '';
    const scans = this.#lanes.map((lane) => this.#port.scan(lane, this.#text, isEnd));
    const isAsync = scans.some((scan) => scan instanceof Promise);
    const all: MaybePromise<readonly RuleScan[]> = isAsync
      ? Promise.all(scans)
      : (scans as readonly RuleScan[]);
    return andThen(all, (results) => this.#take(results, isEnd));
  }

  #take(results: readonly RuleScan[], isEnd: boolean): string {
    let decidedTo = this.#text.length;
    for (const [index, lane] of this.#lanes.entries()) {
      const result = results[index];
      assert(result !== undefined, 'every lane was scanned');
      if (result.kind === 'unavailable') {
        // It has not passed the text: nothing more leaves, not even what others have decided.
        this.#stop = { kind: 'unavailable', rule: lane.rule };
        return '';
      }
      const { findings, decidedTo: laneTo } = result.scan;
      for (const finding of findings) {
        this.#pending.push({ ...finding, lane, action: actionFor(lane.rule, finding) });
      }
      lane.cursor = laneTo;
      decidedTo = Math.min(decidedTo, laneTo);
    }
    assert(
      this.#text.length - decidedTo <= UNDECIDED_CHARS_MAX,
      'a guard decides within its bound',
    );
    const out = this.#emit(decidedTo);
    if (!isEnd) this.#forget();
    return out;
  }

  #emit(decidedTo: number): string {
    if (this.#pending.length === 0 && this.#runsOn === null) return this.#plainUpTo(decidedTo);
    const ready = this.#pending.filter(({ start }) => start < decidedTo);
    if (ready.length > 0) this.#pending = this.#pending.filter(({ start }) => start >= decidedTo);
    ready.sort((a, b) => a.start - b.start || b.end - a.end);
    let out = '';
    for (const [index, finding] of ready.entries()) {
      this.#extend();
      out += this.#plainUpTo(finding.start);
      const { lane, category } = finding;
      const action = this.#isEditable || finding.action === 'alert' ? finding.action : 'block';
      this.#port.found(lane, action, category);
      if (action === 'block') {
        this.#stop = { kind: 'blocked', rule: lane.rule, category };
        return out;
      }
      if (action !== 'alert') out += this.#mask(finding, reversibleEnd(index, ready));
    }
    this.#extend();
    return out + this.#plainUpTo(decidedTo);
  }

  #plainUpTo(offset: number): string {
    const start = Math.max(this.#sentTo, this.#coveredTo);
    this.#sentTo = Math.max(this.#sentTo, offset);
    return offset > start ? this.#text.slice(start, offset) : '';
  }

  /** The mask of a new region; nothing where the finding begins inside the last one. */
  #mask({ start, end, category, runsOn }: Finding, valueEnd: number | null): string {
    const isInside = start < this.#coveredTo;
    const value = this.#text.slice(start, valueEnd ?? end);
    if (end > this.#coveredTo) {
      this.#coveredTo = end;
      this.#runsOn = runsOn ?? null;
      this.#extend();
    }
    if (isInside) return '';
    return this.#port.mask(valueEnd === null ? 'redact' : 'pseudonymise', category, value);
  }

  #extend(): void {
    if (this.#runsOn === null) return;
    while (this.#coveredTo < this.#text.length) {
      if (!this.#runsOn.test(plainForms(this.#text.charAt(this.#coveredTo)))) {
        this.#runsOn = null;
        return;
      }
      this.#coveredTo += 1;
    }
  }

  /** Drops text that no guard looks at any more. */
  #forget(): void {
    let drop = this.#sentTo;
    for (const { cursor } of this.#lanes) drop = Math.min(drop, cursor);
    drop -= LEFT_CONTEXT_CHARS;
    if (drop < LEFT_CONTEXT_CHARS) return;
    this.#text = this.#text.slice(drop);
    this.#sentTo -= drop;
    this.#coveredTo = Math.max(0, this.#coveredTo - drop);
    for (const lane of this.#lanes) lane.cursor -= drop;
    this.#pending = this.#pending.map((finding) => ({
      ...finding,
      start: finding.start - drop,
      end: finding.end - drop,
    }));
  }
}
