/** The sums of a time, each beside what it was in the time before, where that is asked for. */
import type { SeriesSums, SeriesView } from '../../../src/admin/series-contract.ts';

import { t } from '../messages/message.ts';
import { countText, moneyText, rateText, shareText, timeText, type Write } from './amounts.ts';

interface Measure {
  readonly name: string;
  readonly write: Write;
  /** Null: there was nothing to measure. */
  readonly of: (sums: SeriesSums, seconds: number) => number | null;
}

const counted = (sums: SeriesSums, name: string): number => sums.counts[name] ?? 0;

function share(sums: SeriesSums, name: string): number | null {
  const requests = counted(sums, 'requests');
  return requests === 0 ? null : counted(sums, name) / requests;
}

const MEASURES: readonly Measure[] = [
  { name: t('Requests'), write: countText, of: (sums) => counted(sums, 'requests') },
  {
    name: t('Requests a second'),
    write: rateText,
    of: (sums, seconds) => counted(sums, 'requests') / seconds,
  },
  { name: t('Failed'), write: shareText, of: (sums) => share(sums, 'failed') },
  { name: t('Time, p95'), write: timeText, of: ({ times }) => times['total']?.p95 ?? null },
  {
    name: t('Gateway’s own, p95'),
    write: timeText,
    of: ({ times }) => times['gateway']?.p95 ?? null,
  },
  {
    name: t('First token, p50'),
    write: timeText,
    of: ({ times }) => times['firstByte']?.p50 ?? null,
  },
  {
    name: t('Tokens'),
    write: countText,
    of: (sums) => counted(sums, 'inputTokens') + counted(sums, 'outputTokens'),
  },
  { name: t('Cost'), write: moneyText, of: (sums) => counted(sums, 'costNanoUsd') },
  { name: t('Blocked by guards'), write: countText, of: (sums) => counted(sums, 'blocked') },
  { name: t('Redacted'), write: countText, of: (sums) => counted(sums, 'redacted') },
  { name: t('Over a limit or budget'), write: countText, of: (sums) => counted(sums, 'limited') },
  { name: t('Not permitted'), write: countText, of: (sums) => counted(sums, 'refused') },
];

const NOTHING: SeriesSums = { counts: {}, times: {} };

export function SumCards({ view }: { readonly view: SeriesView }) {
  const seconds = (Date.parse(view.to) - Date.parse(view.from)) / 1_000;
  const now = view.items[0]?.total ?? NOTHING;
  const before = view.before === null ? null : (view.before[0]?.total ?? NOTHING);
  return (
    <div className="numbers">
      {MEASURES.map(({ name, write, of }) => {
        const value = of(now, seconds);
        const was = before === null ? null : of(before, seconds);
        return (
          <div className="number-card" key={name}>
            <span className="quiet">{name}</span>
            <strong>{value === null ? '–' : write(value)}</strong>
            {before !== null && (
              <span className="change">
                {was === null ? t('nothing before') : t('{was} before', { was: write(was) })}
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
}
