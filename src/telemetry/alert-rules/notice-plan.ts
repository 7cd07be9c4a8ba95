/**
 * Who is told what, and when: a rule that fires once, again while it goes on, and when it is over; all
 * that a receiver is to be told at one look in one message. A silence keeps quiet what it names until it
 * ends; what still fires then is told then.
 */
import type { RuleNotice } from './rule.ts';
import { noticeOf, type RuleView } from './rule-engine.ts';

export interface Silence {
  /** Null: every rule. */
  readonly rule: string | null;
  /** Null: everything that the rule is about. */
  readonly subject: string | null;
  readonly endsMs: number;
}

/** More are counted, not named: a message is read by a person. */
export const NOTICES_MAX = 50;

export class NoticePlan {
  /** What was told to fire, and when. */
  readonly #told = new Map<string, number>();

  /** By receiver. */
  next(
    views: readonly RuleView[],
    silences: readonly Silence[],
    { nowMs, repeatMs }: { readonly nowMs: number; readonly repeatMs: number },
  ): ReadonlyMap<string, readonly RuleNotice[]> {
    const byReceiver = new Map<string, RuleNotice[]>();
    const seen = new Set<string>();
    for (const view of views) {
      const key = JSON.stringify([view.rule.name, view.subject]);
      if (view.state.phase === 'firing') seen.add(key);
      const said = this.#due(key, view, { nowMs, repeatMs });
      if (said === null || isSilenced(view, silences, nowMs)) continue;
      if (said === 'firing') this.#told.set(key, nowMs);
      for (const receiver of view.rule.receivers) {
        byReceiver.set(receiver, [...(byReceiver.get(receiver) ?? []), noticeOf(view, said)]);
      }
    }
    // What is over, or whose rule is gone, begins anew the next time.
    for (const key of this.#told.keys()) if (!seen.has(key)) this.#told.delete(key);
    return byReceiver;
  }

  #due(
    key: string,
    { state }: RuleView,
    { nowMs, repeatMs }: { readonly nowMs: number; readonly repeatMs: number },
  ): RuleNotice['state'] | null {
    const toldMs = this.#told.get(key);
    if (state.phase === 'resolved') return toldMs === undefined ? null : 'resolved';
    if (state.phase !== 'firing') return null;
    return toldMs === undefined || nowMs - toldMs >= repeatMs ? 'firing' : null;
  }
}

export const isSilenced = (
  { rule, subject }: RuleView,
  silences: readonly Silence[],
  nowMs: number,
): boolean =>
  silences.some(
    (silence) =>
      silence.endsMs > nowMs &&
      (silence.rule === null || silence.rule === rule.name) &&
      (silence.subject === null || silence.subject === subject),
  );
