/** A snapshot of the metrics as Prometheus text (exposition format 0.0.4). */
import type { Distribution, Family, Labels } from './metrics.ts';

export function prometheusText(families: readonly Family[]): string {
  const lines = families.flatMap((family) => [
    `# HELP ${family.name} ${family.help}`,
    `# TYPE ${family.name} ${family.type}`,
    ...seriesOf(family),
  ]);
  return `${lines.join('\n')}\n`;
}

function seriesOf(family: Family): readonly string[] {
  const { name } = family;
  if (family.type !== 'histogram') {
    return family.values.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
  }
  const { bounds } = family;
  return family.distributions.flatMap((one) => histogramLines(name, one, bounds));
}

function histogramLines(
  name: string,
  { labels, buckets, sum, count }: Distribution,
  bounds: readonly number[],
): readonly string[] {
  let upTo = 0;
  return [
    ...bounds.map((bound, index) => {
      upTo += buckets[index] ?? 0;
      return `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${upTo}`;
    }),
    `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_sum${labelText(labels)} ${sum}`,
    `${name}_count${labelText(labels)} ${count}`,
  ];
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escaped = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
