/** A series that goes on: what came is put to what is there, and what is too old goes. */
import type { SeriesGroup, SeriesView } from '../../../src/admin/series-contract.ts';

import { isRecord } from '../is-record.ts';

/** The gateway checks what it sends against the contract that names it here; the frame alone is looked at. */
export function isSeries(value: unknown): value is SeriesView {
  return isRecord(value) && Array.isArray(value['items']) && typeof value['from'] === 'string';
}

/** `next` has sums of the whole time, and the newest points alone. */
export function continued(before: SeriesView, next: SeriesView): SeriesView {
  const known = new Map(before.items.map((group) => [keyOf(group), group]));
  const items = next.items.map((group) => {
    const points = new Map(
      (known.get(keyOf(group))?.points ?? []).map((point) => [point.at, point]),
    );
    for (const point of group.points) points.set(point.at, point);
    return { ...group, points: [...points.values()].filter(({ at }) => at >= next.from) };
  });
  return { ...next, items };
}

const keyOf = ({ names }: SeriesGroup): string => JSON.stringify(names);
