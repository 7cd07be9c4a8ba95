/**
 * The metrics of several processes of one gateway as one: what was counted is added up, and of what is
 * read now each metric says how (`across`). Metrics come out in the order of the first who has them.
 */
import type { Across, Distribution, Family, Value } from './family.ts';

const JOINS: Readonly<Record<Exclude<Across, 'own'>, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

export function mergedFamilies(
  own: readonly Family[],
  others: readonly (readonly Family[])[],
): readonly Family[] {
  if (others.length === 0) return own;
  const merged = new Map(own.map((family) => [family.name, family]));
  for (const family of others.flat().filter(isShown)) {
    const known = merged.get(family.name);
    merged.set(family.name, known === undefined ? family : joined(known, family));
  }
  return [...merged.values()];
}

const isShown = (family: Family): boolean => family.type !== 'gauge' || family.across !== 'own';

/** What stays of a process that is gone: what it has counted. */
export const countedOf = (families: readonly Family[]): readonly Family[] =>
  families.filter(({ type }) => type !== 'gauge');

function joined(a: Family, b: Family): Family {
  if (a.type === 'histogram' && b.type === 'histogram') {
    return { ...a, distributions: byLabels(a.distributions, b.distributions, addDistribution) };
  }
  if (a.type === 'counter' && b.type === 'counter') {
    return { ...a, values: byLabels(a.values, b.values, addWith(JOINS.sum)) };
  }
  if (a.type === 'gauge' && b.type === 'gauge' && a.across !== 'own') {
    return { ...a, values: byLabels(a.values, b.values, addWith(JOINS[a.across])) };
  }
  return a;
}

function byLabels<T extends { readonly labels: Value['labels'] }>(
  a: readonly T[],
  b: readonly T[],
  add: (a: T, b: T) => T,
): readonly T[] {
  const all = new Map(a.map((one) => [keyOf(one), one]));
  for (const one of b) {
    const key = keyOf(one);
    const known = all.get(key);
    all.set(key, known === undefined ? one : add(known, one));
  }
  return [...all.values()];
}

const keyOf = ({ labels }: { readonly labels: Value['labels'] }): string => {
  let key = '';
  for (const name of Object.keys(labels).toSorted()) key += `${name}\0${labels[name]}\0`;
  return key;
};

const addWith =
  (join: (a: number, b: number) => number) =>
  (a: Value, b: Value): Value => ({ ...a, value: join(a.value, b.value) });

const addDistribution = (a: Distribution, b: Distribution): Distribution => ({
  labels: a.labels,
  buckets: a.buckets.map((count, at) => count + (b.buckets[at] ?? 0)),
  sum: a.sum + b.sum,
  count: a.count + b.count,
});
