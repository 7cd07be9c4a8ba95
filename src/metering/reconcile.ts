/** What we counted beside what a provider says, by day and model, and by key where that is asked for. */
import type { DayUsage } from './provider-usage.ts';

export interface Drift {
  readonly day: string;
  readonly model: string;
  /** The provider's id of the key; null: all of them together. */
  readonly key: string | null;
  readonly ours: { readonly inputTokens: number; readonly outputTokens: number };
  readonly theirs: { readonly inputTokens: number; readonly outputTokens: number };
  /** Of all tokens, ours less theirs, in parts per ten thousand of theirs. */
  readonly driftBasisPoints: number;
}

/** A dated name is the name: providers report what `gpt-4o` stood for on that day. */
export const undated = (model: string): string =>
  model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/u, '');

const ALL = 'all models';
const NOTHING = { inputTokens: 0, outputTokens: 0 };

export function reconcile(ours: readonly DayUsage[], theirs: readonly DayUsage[]): Drift[] {
  // An export that is not by model can be held against the sum alone.
  const isGrouped = theirs.every(({ model }) => model !== null);
  const nameOf = ({ model }: DayUsage): string =>
    isGrouped && model !== null ? undated(model) : ALL;
  const own = summed(ours, nameOf);
  const other = summed(theirs, nameOf);
  return [...new Map([...own, ...other])]
    .toSorted(([one], [two]) => (one < two ? -1 : 1))
    .map(([name, { day, model, key }]) => {
      const [a, b] = [own.get(name) ?? NOTHING, other.get(name) ?? NOTHING];
      const driftBasisPoints = driftOf(total(a), total(b));
      return { day, model, key, ours: tokensOf(a), theirs: tokensOf(b), driftBasisPoints };
    });
}

type Tokens = Drift['ours'];

interface Sum extends Tokens {
  readonly day: string;
  readonly model: string;
  readonly key: string | null;
}

function summed(
  lines: readonly DayUsage[],
  nameOf: (line: DayUsage) => string,
): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const line of lines) {
    const { day, key } = line;
    const model = nameOf(line);
    const name = JSON.stringify([day, key ?? '', model]);
    const before = sums.get(name) ?? NOTHING;
    sums.set(name, {
      day,
      model,
      key,
      inputTokens: before.inputTokens + line.inputTokens,
      outputTokens: before.outputTokens + line.outputTokens,
    });
  }
  return sums;
}

const tokensOf = ({ inputTokens, outputTokens }: Tokens): Tokens => ({ inputTokens, outputTokens });
const total = ({ inputTokens, outputTokens }: Tokens): number => inputTokens + outputTokens;

/** What they do not know at all is all drift. */
const driftOf = (ours: number, theirs: number): number => {
  if (theirs === 0) return ours === 0 ? 0 : 10_000;
  return Math.round(((ours - theirs) * 10_000) / theirs);
};
