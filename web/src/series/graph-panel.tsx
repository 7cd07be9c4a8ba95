/** One graph in a panel, with words where there is nothing to draw. */
import { useMemo } from 'react';

import type { SeriesGroup, SeriesView } from '../../../src/admin/series-contract.ts';

import { t } from '../messages/message.ts';
import { Panel } from '../parts.tsx';
import type { Write } from './amounts.ts';
import { LineChart } from './line-chart.tsx';
import { type Line, type Pick, stepsOf, valuesOf, withoutOpenStep } from './lines.ts';

export interface Graph {
  readonly title: string;
  readonly write: Write;
  readonly lines: readonly { readonly name: string; readonly pick: Pick }[];
}

interface GraphPanelProps {
  readonly graph: Graph;
  /** Null until the first answer. */
  readonly view: SeriesView | null;
  /** Why there is none; it is said once, above all that is drawn of it. */
  readonly problem?: string | null;
  readonly zone: string;
  /** A line a group, instead of a line a measure. */
  readonly isByGroup?: boolean;
}

/** Lines that an eye can tell apart. */
const GROUPS_MAX = 6;

export function GraphPanel(props: GraphPanelProps) {
  const { graph, view, problem = null, zone, isByGroup = false } = props;
  const drawn = useMemo(
    () => (view === null ? null : drawnOf(view, graph, isByGroup)),
    [view, graph, isByGroup],
  );
  const isEmpty = drawn !== null && drawn.lines.every(({ values }) => values.every(isNothing));
  return (
    <Panel title={graph.title}>
      {drawn === null && problem === null && (
        <div className="plot-room skeleton" aria-hidden="true" />
      )}
      {drawn === null && problem !== null && (
        <p className="plot-room empty">{t('It could not be read.')}</p>
      )}
      {isEmpty && <p className="plot-room empty">{t('Nothing in this time.')}</p>}
      {drawn !== null && !isEmpty && (
        <LineChart {...drawn} title={graph.title} write={graph.write} zone={zone} />
      )}
    </Panel>
  );
}

const isNothing = (value: number | null): boolean => value === null || value === 0;

export const nameOf = (names: readonly (string | null)[]): string =>
  names.map((name) => (name === '~more' ? t('others') : (name ?? t('none')))).join(' · ');

function drawnOf(view: SeriesView, { lines: asked }: Graph, isByGroup: boolean) {
  const { stepSeconds } = view;
  const all = stepsOf(view);
  const nowSeconds = Date.now() / 1_000;
  const steps = withoutOpenStep(all, all, nowSeconds, stepSeconds);
  const lines: Line[] = isByGroup
    ? view.items.slice(0, GROUPS_MAX).flatMap((group, colour) =>
        asked.map(({ pick }) => ({
          name: nameOf(group.names),
          colour,
          values: valuesOf(group, steps, pick),
        })),
      )
    : asked.map(({ name, pick }, colour) => ({
        name,
        colour,
        values: valuesOf(view.items[0], steps, pick),
      }));
  return { steps, lines: [...lines, ...linesBefore(view, steps, asked, isByGroup)] };
}

function linesBefore(
  { before, from, to }: SeriesView,
  steps: readonly number[],
  asked: Graph['lines'],
  isByGroup: boolean,
): Line[] {
  if (before === null || isByGroup) return [];
  const group: SeriesGroup | undefined = before[0];
  const shift = (Date.parse(to) - Date.parse(from)) / 1_000;
  return asked.map(({ name, pick }, colour) => ({
    name,
    colour,
    isBefore: true,
    values: valuesOf(group, steps, pick, shift),
  }));
}
