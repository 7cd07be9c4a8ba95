/** Lines over time, on a canvas. What is under the pointer, or under the arrow keys, is written below. */
import { type KeyboardEvent, useMemo, useState } from 'react';

import { t } from '../messages/message.ts';
import type { Write } from './amounts.ts';
import type { Line } from './lines.ts';
import { SERIES } from './plot-options.ts';
import { exactOf } from './ranges.ts';
import { usePlot } from './use-plot.ts';

interface LineChartProps {
  readonly title: string;
  /** Unix seconds. */
  readonly steps: readonly number[];
  readonly lines: readonly Line[];
  readonly write: Write;
  readonly zone: string;
}

export function LineChart({ title, steps, lines, write, zone }: LineChartProps) {
  const [at, setAt] = useState<number | null>(null);
  const host = usePlot({ steps, lines, write, zone }, setAt);
  const exact = useMemo(() => exactOf(zone), [zone]);
  const shown = at === null || at >= steps.length ? lastOf(lines) : at;
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setAt(Math.min(steps.length - 1, Math.max(0, shown + by)));
  };
  return (
    <figure className="line-chart">
      {/* A slider of its values: the arrow keys read them one by one. */}
      <div
        ref={host}
        className="plot"
        role="slider"
        tabIndex={0}
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, steps.length - 1)}
        aria-valuenow={shown}
        aria-valuetext={spokenAt(shown, { steps, lines, write, exact })}
        onKeyDown={move}
      />
      <figcaption className="legend">
        <span className="at">{steps[shown] === undefined ? '' : exact(steps[shown])}</span>
        {lines.map(({ name, values, colour, isBefore = false }) => (
          <span key={`${name} ${String(isBefore)}`}>
            <i className={`swatch series-${colour % SERIES}${isBefore ? ' before' : ''}`} /> {name}
            {isBefore && t(' before')} <b>{textAt(values, shown, write)}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

type Spoken = Pick<LineChartProps, 'steps' | 'lines' | 'write'> & {
  readonly exact: (seconds: number) => string;
};

const lastOf = (lines: readonly Line[]): number =>
  Math.max(0, ...lines.map(({ values }) => values.findLastIndex((value) => value !== null)));

function textAt(values: Line['values'], at: number, write: Write): string {
  const value = values[at];
  return value === null || value === undefined ? '–' : write(value);
}

function spokenAt(at: number, { steps, lines, write, exact }: Spoken): string {
  const step = steps[at];
  if (step === undefined) return t('nothing');
  const values = lines.map(({ name, values: all }) => `${name} ${textAt(all, at, write)}`);
  return `${exact(step)}: ${values.join(', ')}`;
}
