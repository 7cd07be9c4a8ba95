/**
 * Looks at the rules again and again, out of snapshots in memory: no rule asks the store or the log.
 * Bounded: so many subjects a rule, so many samples, whatever the window.
 */
import type { Family } from '../metrics.ts';
import { type Facts, type Measure, measures, type Sample } from './measures.ts';
import type { AlertRule, RuleNotice } from './rule.ts';
import { nextState, type RuleState } from './rule-state.ts';

/** A window is cut into so many steps: a longer one is looked at less finely. */
const STEPS = 60;
/** What is over is shown for this long. */
const RESOLVED_MS = 3_600_000;

interface Dated {
  readonly atMs: number;
  readonly sample: Sample;
}

interface Watched {
  readonly rule: AlertRule;
  readonly measure: Measure;
  samples: Dated[];
  states: Map<string, RuleState>;
}

export interface RuleView {
  readonly rule: AlertRule;
  readonly subject: string;
  readonly state: RuleState;
}

const EMPTY: readonly number[] = [];

export class RuleEngine {
  #watched: readonly Watched[] = [];

  /** The rules of a configuration. One that is the same goes on from where it is. */
  use(rules: readonly AlertRule[]): void {
    const before = new Map(this.#watched.map((one) => [keyOf(one.rule), one]));
    this.#watched = rules.map((rule) => {
      const known = before.get(keyOf(rule));
      if (known !== undefined) return { ...known, rule };
      return { rule, measure: measures[rule.type], samples: [], states: new Map() };
    });
  }

  get rules(): readonly AlertRule[] {
    return this.#watched.map(({ rule }) => rule);
  }

  /** How much it remembers. */
  get samples(): number {
    return this.#watched.reduce((sum, { samples }) => sum + samples.length, 0);
  }

  /** One look at all of them. `monotonicMs` dates samples, so that no clock that is set moves a window. */
  look(families: readonly Family[], facts: Facts, monotonicMs: number): void {
    const byName = new Map(families.map((family) => [family.name, family]));
    for (const watched of this.#watched) {
      const sample = watched.measure.take(byName, facts);
      watched.states = statesOf(watched, { sample, facts, monotonicMs });
      if (watched.measure.isGrowth) remember(watched, { atMs: monotonicMs, sample });
    }
  }

  /** What is pending, firing, or was not long ago. */
  states(): readonly RuleView[] {
    return this.#watched.flatMap(({ rule, states }) =>
      [...states].map(([subject, state]) => ({ rule, subject, state })),
    );
  }
}

/** Who is told, and how loudly, is no part of what is watched. */
const keyOf = (rule: AlertRule): string =>
  JSON.stringify({ ...rule, receivers: null, severity: null });

interface Look {
  readonly sample: Sample;
  readonly facts: Facts;
  readonly monotonicMs: number;
}

function statesOf(watched: Watched, { sample, facts, monotonicMs }: Look): Map<string, RuleState> {
  const { rule, measure, states } = watched;
  const then = baseline(watched, monotonicMs);
  const next = new Map<string, RuleState>();
  for (const subject of new Set([...sample.keys(), ...states.keys()])) {
    const now = sample.get(subject);
    const old = then?.get(subject) ?? EMPTY;
    const isKnown = now !== undefined && !(measure.isGrowth && then === null);
    const value = isKnown ? measure.value(now, old, rule, facts) : null;
    const isOver =
      value !== null && (measure.isFloor ? value < rule.threshold : value > rule.threshold);
    const bounds = { forMs: rule.forMs, keptMs: RESOLVED_MS };
    const seen = { value, isOver, nowMs: facts.nowMs };
    const state = nextState(states.get(subject) ?? null, seen, bounds);
    if (state !== null) next.set(subject, state);
  }
  return next;
}

/** The newest that is as old as the window, or the oldest there is. Null: there is none yet. */
function baseline({ rule, samples }: Watched, nowMs: number): Sample | null {
  const isOld = ({ atMs }: Dated): boolean => atMs <= nowMs - rule.windowMs;
  return (samples.findLast(isOld) ?? samples[0])?.sample ?? null;
}

function remember(watched: Watched, dated: Dated): void {
  const { rule, samples } = watched;
  const last = samples.at(-1);
  if (last !== undefined && dated.atMs - last.atMs < rule.windowMs / STEPS) return;
  const from = samples.findLastIndex(({ atMs }) => atMs <= dated.atMs - rule.windowMs);
  watched.samples = [...samples.slice(Math.max(0, from)), dated];
}

export const noticeOf = (
  { rule, subject, state }: RuleView,
  said: RuleNotice['state'],
): RuleNotice => ({
  rule: rule.name,
  type: rule.type,
  severity: rule.severity,
  state: said,
  subject,
  value: state.value,
  threshold: rule.threshold,
  sinceMs: state.sinceMs,
});
