/** How a graph looks, in the colours of the page as they are now. */
import type UPlot from 'uplot';

import type { Write } from './amounts.ts';
import type { clockOf } from './ranges.ts';

export const PLOT_HEIGHT = 180;
/** Colours of lines; what is more takes them again. */
export const SERIES = 6;

/** A line as a text: its colour, and `~` where it is of the time before. */
export function optionsOf(
  element: HTMLElement,
  drawn: readonly string[],
  write: Write,
  clock: ReturnType<typeof clockOf>,
): UPlot.Options {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name);
  const axis = {
    stroke: colourOf(element, '--quiet'),
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { stroke: colourOf(element, '--line'), width: 1 },
    font: `11px ${token('font-family') || 'system-ui'}`,
  };
  return {
    width: Math.max(200, element.clientWidth),
    height: PLOT_HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_self, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        space: 56,
        values: (_self, splits) => {
          const [first = 0, second = first] = splits;
          return splits.map((split) => clock(split, second - first));
        },
      },
      { ...axis, size: 64, values: (_self, splits) => splits.map((split) => write(split)) },
    ],
    series: [{}, ...drawn.map((line) => seriesOf(element, line, drawn.length === 1))],
  };
}

/** `light-dark()` is worked out by the browser where it is a colour: a canvas takes the result. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/gu) ?? []).map(Number);
  return `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** A value between two steps without any has no line: it is a point. */
function lonePoints(self: UPlot, index: number): number[] {
  const values = self.data[index] ?? [];
  const isNone = (at: number): boolean => values[at] === null || values[at] === undefined;
  return [...values.keys()].filter((at) => !isNone(at) && isNone(at - 1) && isNone(at + 1));
}

function seriesOf(element: HTMLElement, line: string, isAlone: boolean): UPlot.Series {
  const colour = colourOf(element, `--series-${Number.parseInt(line, 10) % SERIES}`);
  const points: UPlot.Series.Points = { show: true, size: 4, filter: lonePoints };
  const common: UPlot.Series = { stroke: colour, points, spanGaps: false };
  if (line.endsWith('~')) return { ...common, width: 1, dash: [4, 4] };
  return isAlone ? { ...common, width: 2, fill: `${colour}22` } : { ...common, width: 2 };
}
