/** Stacked bars by time, in SVG: our own tokens colour it in both themes, and each bar can be read. */
import { t } from '../messages/message.ts';
import { timeText } from '../parts.tsx';
import type { Series } from './usage-sums.ts';

interface TimeChartProps {
  readonly series: Series;
  readonly textOf: (amount: number) => string;
}

const WIDTH = 960;
const HEIGHT = 240;
const LEFT = 72;
const BOTTOM = 24;
const LINES = 4;

const sum = (amounts: readonly number[]): number => amounts.reduce((all, one) => all + one, 0);

export function TimeChart({ series: { names, steps }, textOf }: TimeChartProps) {
  const top = Math.max(1, ...steps.map(({ amounts }) => sum(amounts)));
  const band = (WIDTH - LEFT) / Math.max(steps.length, 12);
  const heightOf = (amount: number): number => (amount / top) * (HEIGHT - BOTTOM - 8);
  const [first, last] = [steps[0], steps.at(-1)];
  return (
    <figure className="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken(names, steps, textOf)}>
        {Array.from({ length: LINES + 1 }, (_none, index) => {
          const y = HEIGHT - BOTTOM - heightOf((top * index) / LINES);
          return (
            <g key={index}>
              <line x1={LEFT} x2={WIDTH} y1={y} y2={y} className="grid-line" />
              <text x={LEFT - 8} y={y + 4} textAnchor="end">
                {textOf(Math.round((top * index) / LINES))}
              </text>
            </g>
          );
        })}
        {steps.map(({ from, amounts }, index) => (
          <g key={from}>
            <title>
              {`${timeText(from)}\n${names.map((name, at) => `${name || t('none')}: ${textOf(amounts[at] ?? 0)}`).join('\n')}`}
            </title>
            {amounts.map((amount, at) => (
              <rect
                key={names[at]}
                className={`series-${at}`}
                x={LEFT + index * band + band * 0.1}
                width={band * 0.8}
                y={HEIGHT - BOTTOM - heightOf(sum(amounts.slice(0, at + 1)))}
                height={heightOf(amount)}
              />
            ))}
          </g>
        ))}
        {first !== undefined && (
          <text x={LEFT} y={HEIGHT - 6}>
            {timeText(first.from)}
          </text>
        )}
        {last !== undefined && steps.length > 4 && (
          <text x={LEFT + steps.length * band} y={HEIGHT - 6} textAnchor="end">
            {timeText(last.from)}
          </text>
        )}
      </svg>
      <figcaption className="legend">
        {names.map((name, at) => (
          <span key={name}>
            <i className={`swatch series-${at}`} /> {name === '' ? t('none') : name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** For who hears the page: the table below says the rest. */
function spoken(
  names: readonly string[],
  steps: Series['steps'],
  textOf: (amount: number) => string,
): string {
  const all = sum(steps.map(({ amounts }) => sum(amounts)));
  return t('{all} in {steps} steps of time, by {names} names.', {
    all: textOf(all),
    steps: steps.length,
    names: names.length,
  });
}
