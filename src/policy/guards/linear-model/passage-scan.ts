/**
 * A passage in units: fixed strides from the cursor, each read with a little of what follows it, so
 * that nothing is missed where two units meet. The strides begin where the cursor is, so what is
 * found does not depend on how the text arrived.
 */
import type { Position } from '#domain/passage.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { nextTurn } from '#stdx/next-turn.ts';

import { clean, type Finding, type GuardContext, type Scan } from '../guard.ts';

export interface Stride {
  /** Characters that a unit decides. */
  readonly chars: number;
  /** Characters beyond them that it reads as well. */
  readonly ahead: number;
}

/** What is sent to a model comes whole, and long windows see more. */
const WHOLE: Stride = { chars: 16_384, ahead: 768 };
/** What a model writes comes as a stream, and waits for what is undecided. */
const STREAMED: Stride = { chars: 768, ahead: 256 };

/** What a model writes, of its own or as a part of a call that was sent back. */
export const isModelText = (position: Position): boolean =>
  position === 'assistant' || position === 'reasoning' || position === 'tool-arguments';

export const strideOf = (position: Position): Stride => (isModelText(position) ? STREAMED : WHOLE);

/** More than this at a time lets other requests have a turn: 64 KB take about 2 ms. */
const TURN_CHARS = 65_536;

export interface UnitVerdict {
  readonly findings: readonly Finding[];
  /** The highest score of any reading, findings or not. */
  readonly score: number;
}

/** Must depend on the text between the offsets, and on nothing else. */
export type ScanUnit = (text: string, from: number, to: number) => UnitVerdict;

/** Whether anybody waits for the rest. */
type Over = Pick<GuardContext, 'signal' | 'isLate'>;

export class PassageScan {
  readonly #scanUnit: ScanUnit;
  readonly #stride: Stride;
  readonly #findings: Finding[] = [];
  #score = 0;

  constructor(scanUnit: ScanUnit, stride: Stride) {
    this.#scanUnit = scanUnit;
    this.#stride = stride;
  }

  run(text: string, from: number, isEnd: boolean, over: Over): MaybePromise<Scan> {
    if (text.length - from <= TURN_CHARS) {
      const decidedTo = this.#units(text, from, isEnd, text.length);
      return this.#result(decidedTo);
    }
    return this.#byTurns(text, from, isEnd, over);
  }

  async #byTurns(text: string, from: number, isEnd: boolean, over: Over): Promise<Scan> {
    let cursor = from;
    for (;;) {
      const next = this.#units(text, cursor, isEnd, cursor + TURN_CHARS);
      if (next === cursor || next === text.length) return this.#result(next);
      cursor = next;
      await nextTurn();
      // The caller has gone or the deadline has passed: nobody waits for the rest.
      if (over.isLate === true || over.signal.aborted) throw new Error('the call is over');
    }
  }

  /** As many units as there is text for, up to about `limit`; returns where the cursor stands. */
  #units(text: string, from: number, isEnd: boolean, limit: number): number {
    const { chars, ahead } = this.#stride;
    let cursor = from;
    while (text.length - cursor >= chars + ahead && cursor < limit) {
      this.#unit(text, cursor, cursor + chars + ahead);
      cursor += chars;
    }
    if (!isEnd || text.length - cursor >= chars + ahead) return cursor;
    if (cursor < text.length) this.#unit(text, cursor, text.length);
    return text.length;
  }

  #unit(text: string, from: number, to: number): void {
    const isLast = to === text.length && to - from < this.#stride.chars + this.#stride.ahead;
    const decidesTo = isLast ? to : from + this.#stride.chars;
    const { findings, score } = this.#scanUnit(text, from, to);
    this.#score = Math.max(this.#score, score);
    // What begins in the part ahead is the next unit's to find.
    for (const finding of findings) if (finding.start < decidesTo) this.#findings.push(finding);
  }

  #result(decidedTo: number): Scan {
    if (this.#findings.length === 0) return { ...clean(decidedTo), score: this.#score };
    const findings = this.#findings.sort((a, b) => a.start - b.start || b.end - a.end);
    return { findings, decidedTo, score: this.#score };
  }
}
