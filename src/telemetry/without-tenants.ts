/**
 * Metrics as anybody may read them: what is counted by tenant is added up. Which tenants there are, and what
 * they spend, is not for whoever reaches the port, and not for the administrators of another tenant.
 */
import type { Distribution, Family, Labels, Value } from './family.ts';

const isByTenant = ({ labels }: { readonly labels: Labels }): boolean =>
  labels['tenant'] !== undefined;

const bare = ({ tenant: _tenant, ...labels }: Labels): Labels => labels;

/** By all other labels, in the order in which they came. */
function added<One extends { readonly labels: Labels }>(
  all: readonly One[],
  sum: (a: One, b: One) => One,
): readonly One[] {
  const sums = new Map<string, One>();
  for (const one of all) {
    const labels = bare(one.labels);
    const key = JSON.stringify(labels);
    const known = sums.get(key);
    sums.set(key, { ...(known === undefined ? one : sum(known, one)), labels });
  }
  return [...sums.values()];
}

const sumOfValues = (a: Value, b: Value): Value => ({ ...a, value: a.value + b.value });

const sumOfDistributions = (a: Distribution, b: Distribution): Distribution => ({
  ...a,
  buckets: a.buckets.map((count, index) => count + (b.buckets[index] ?? 0)),
  sum: a.sum + b.sum,
  count: a.count + b.count,
});

export const withoutTenants = (families: readonly Family[]): readonly Family[] =>
  families.map((family) => {
    if (family.type === 'histogram') {
      const { distributions } = family;
      if (!distributions.some(isByTenant)) return family;
      return { ...family, distributions: added(distributions, sumOfDistributions) };
    }
    const { values } = family;
    return values.some(isByTenant) ? { ...family, values: added(values, sumOfValues) } : family;
  });
