/**
 * One text through the guards, as a call's passage goes through them: the same rules, detectors,
 * deadlines and window. Beside the filtered text it says where each finding stands.
 */
import { GuardRun } from '#policy/guards/guard-run.ts';
import { Evidence } from '#policy/guards/evidence.ts';
import type { Detector, Finding, GuardAction, GuardType } from '#policy/guards/guard.ts';
import { guardTypes } from '#policy/guards/registry.ts';
import { actionFor, type Direction, type GuardRule } from '#policy/guards/rule.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { type GuardSection, guardRuleOf, guardSection } from '#config/guards-section.ts';
import type { Position } from '#domain/passage.ts';
import { assert } from '#stdx/assert.ts';
import { andThen } from '#stdx/maybe-promise.ts';

/** A reversible mask is a mask: the line says `redact`. */
export type ScanVerdict = 'pass' | Exclude<GuardAction, 'pseudonymise'>;

export interface ScanFinding {
  /** The guard's type. */
  readonly guard: string;
  readonly category: string;
  /** UTF-16 code units of the text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

export interface ScanResult {
  readonly verdict: ScanVerdict;
  readonly score: number;
  readonly findings: readonly ScanFinding[];
  /** What would be let through: up to the block, or with its masks. */
  readonly redacted: string;
  /** Guards that gave no answer in time. Those that deny make the verdict `block`. */
  readonly unavailable?: readonly string[];
}

export interface ScanSubject {
  readonly tenant: string;
  readonly model: string;
  readonly position: Position;
}

/** Model output is what a reply brings; all else comes in a request. */
export const directionOf = (position: Position): Direction =>
  position === 'assistant' || position === 'reasoning' || position === 'tool-arguments'
    ? 'reply'
    : 'request';

/** What a guard's own findings are for, where no operator has said it. */
const USUAL_ACTIONS: Readonly<Record<string, GuardAction>> = { secrets: 'redact', pii: 'redact' };

const knownTypes: readonly GuardType[] = guardTypes;

/** Every built-in guard that needs no words of an operator and is not to be chosen, with its defaults. */
export function builtInRules(): GuardRule[] {
  const rules: GuardRule[] = [];
  for (const { type, isOptIn } of knownTypes) {
    if (isOptIn === true) continue;
    const action = USUAL_ACTIONS[type] ?? 'block';
    const parsed = guardSection.safeParse({ name: type, type, action });
    if (parsed.success) rules.push(guardRuleOf(parsed.data));
  }
  return rules;
}

export const rulesOf = (guards: readonly GuardSection[]): GuardRule[] =>
  guards.map((entry) => guardRuleOf(entry));

const monotonicMs = (): number => performance.now();

interface Placed {
  readonly rule: GuardRule;
  readonly finding: Finding;
}

export interface Scanned {
  readonly result: ScanResult;
  /** What the guards took. */
  readonly us: number;
}

/** One text at a time: the run is the one of requests, with detectors that note what they find. */
export class GuardScanner {
  readonly #rules: readonly GuardRule[];
  #placed: Placed[] = [];
  #score = 0;
  #textLength = 0;

  constructor(rules: readonly GuardRule[]) {
    this.#rules = rules.map((rule) => this.#noting(rule));
  }

  async scan(text: string, { tenant, model, position }: ScanSubject): Promise<Scanned> {
    this.#placed = [];
    this.#score = 0;
    this.#textLength = text.length;
    const evidence = new Evidence();
    const direction = directionOf(position);
    const run = new GuardRun(
      this.#rules,
      { tenant, model, direction, cancellation: new Cancellation() },
      { evidence, monotonicMs },
    );
    const { text: redacted, stop } = await run.whole(text, position, true);
    await run.settled();
    const lines = evidence.list();
    const absent = lines.filter(({ action }) => action === 'unavailable').map(({ name }) => name);
    const unavailable = [...new Set(absent)];
    // A guard that was late has not answered, whatever it found afterwards.
    const placed = this.#placed.filter(({ rule }) => !unavailable.includes(rule.name));
    const result = {
      verdict: stop === null ? worst(placed.map(verdictOf)) : 'block',
      score: Math.max(this.#score, ...placed.map(({ finding }) => finding.score)),
      findings: placed
        .map((found) => placeOf(found, text))
        .sort((a, b) => a.start - b.start || a.end - b.end),
      redacted,
      ...(unavailable.length > 0 && { unavailable }),
    } satisfies ScanResult;
    // A rule has one line a kind of finding, each with the time of the whole rule.
    const usByRule = new Map(lines.map(({ name, us }) => [name, us]));
    return { result, us: usByRule.values().reduce((sum, us) => sum + us, 0) };
  }

  #noting(rule: GuardRule): GuardRule {
    const { guard } = rule;
    const detectors = guard.detectors.map((detector): Detector => ({
      scan: (text, from, isEnd, context) =>
        andThen(detector.scan(text, from, isEnd, context), (scan) => {
          assert(isEnd && text.length === this.#textLength, 'a whole text is scanned at once');
          this.#score = Math.max(this.#score, scan.score ?? 0);
          for (const finding of scan.findings) this.#placed.push({ rule, finding });
          return scan;
        }),
    }));
    const actionOf = guard.actionOf?.bind(guard);
    return { ...rule, guard: { ...guard, detectors, ...(actionOf !== undefined && { actionOf }) } };
  }
}

/** A finding that runs on ends where its characters end, as it does in the window. */
function placeOf({ rule: { guard }, finding }: Placed, text: string): ScanFinding {
  const { category, start, score, runsOn } = finding;
  let { end } = finding;
  const goesOn = (at: number): boolean =>
    at < text.length && runsOn?.test(text.charAt(at)) === true;
  while (goesOn(end)) end += 1;
  return { guard: guard.type, category, start, end, score };
}

/** A rule that observes changes nothing: what it finds is known, and that is all. */
function verdictOf({ rule, finding }: Placed): ScanVerdict {
  const action = rule.mode === 'observe' ? 'alert' : actionFor(rule, finding);
  return action === 'pseudonymise' ? 'redact' : action;
}

const ORDER: readonly ScanVerdict[] = ['pass', 'alert', 'redact', 'block'];

const worst = (verdicts: readonly ScanVerdict[]): ScanVerdict =>
  ORDER[Math.max(0, ...verdicts.map((verdict) => ORDER.indexOf(verdict)))] ?? 'block';
