/** A plot in an element: made anew when what it shows is another thing or looks otherwise, not with every point. */
import { type RefObject, useEffect, useRef } from 'react';
import UPlot from 'uplot';

import type { Write } from './amounts.ts';
import type { Line } from './lines.ts';
import { optionsOf, PLOT_HEIGHT } from './plot-options.ts';
import { clockOf } from './ranges.ts';

interface Drawn {
  /** Unix seconds. */
  readonly steps: readonly number[];
  readonly lines: readonly Line[];
}

interface Shown extends Drawn {
  readonly write: Write;
  readonly zone: string;
}

/** `onAt`: which step is under the pointer. */
export function usePlot(
  { steps, lines, write, zone }: Shown,
  onAt: (at: number | null) => void,
): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const latest = useRef<Drawn>({ steps, lines });
  latest.current = { steps, lines };
  const drawn = lines
    .map(({ colour, isBefore }) => `${colour}${isBefore === true ? '~' : ''}`)
    .join('|');
  const rangeSeconds = (steps.at(-1) ?? 0) - (steps[0] ?? 0);

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      const options = optionsOf(element, drawn.split('|'), write, clockOf(zone, rangeSeconds));
      options.hooks = { setCursor: [(self) => onAt(self.cursor.idx ?? null)] };
      plot.current = new UPlot(options, dataOf(latest.current), element);
    };
    make();
    const leave = whenItLooksOtherwise(element, make, (width) => {
      if (width !== plot.current?.width) plot.current?.setSize({ width, height: PLOT_HEIGHT });
    });
    return () => {
      leave();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [drawn, write, zone, rangeSeconds, onAt]);

  useEffect(() => plot.current?.setData(dataOf({ steps, lines })), [steps, lines]);
  return host;
}

function whenItLooksOtherwise(
  element: HTMLElement,
  onTheme: () => void,
  onWidth: (width: number) => void,
): () => void {
  const sized = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) onWidth(width);
  });
  sized.observe(element);
  const themed = new MutationObserver(onTheme);
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const scheme = window.matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', onTheme);
  return () => {
    sized.disconnect();
    themed.disconnect();
    scheme.removeEventListener('change', onTheme);
  };
}

const dataOf = ({ steps, lines }: Drawn): UPlot.AlignedData => [
  [...steps],
  ...lines.map(({ values }) => [...values]),
];
