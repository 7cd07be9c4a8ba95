/** How deployments did over time: what was asked of each, what failed, how long it took. */
import { useMemo } from 'react';

import type { SeriesGroup } from '../../../src/admin/series-contract.ts';

import { locale, t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Panel, ProblemBar } from '../parts.tsx';
import { rateText, shareText, timeText } from '../series/amounts.ts';
import { GraphPanel, nameOf } from '../series/graph-panel.tsx';
import { count, per, percentile, type Pick } from '../series/lines.ts';
import { SeriesTools, useSeriesChoice } from '../series/series-tools.tsx';
import { useSeries } from '../series/use-series.ts';

const FAILED: Pick = ({ counts }) => {
  const asked = counts['requests'] ?? 0;
  return asked === 0 ? null : (counts['failed'] ?? 0) / asked;
};

export function DeploymentSeries() {
  const choice = useSeriesChoice();
  const { range, zone } = choice;
  const { tenant } = choice.tenantChoice;
  const { value, problem, reload } = useSeries({
    range,
    tenant,
    kind: 'attempts',
    by: 'deployment',
  });
  const stepSeconds = value?.stepSeconds ?? 10;
  const graphs = useMemo(
    () => [
      {
        title: t('Attempts a second'),
        write: rateText,
        lines: [{ name: '', pick: per(1, stepSeconds, count('requests')) }],
      },
      { title: t('Failed'), write: shareText, lines: [{ name: '', pick: FAILED }] },
      {
        title: t('Time of an attempt, p95'),
        write: timeText,
        lines: [{ name: '', pick: percentile('total', 'p95') }],
      },
    ],
    [stepSeconds],
  );
  return (
    <>
      <SeriesTools choice={choice} isCompared={false} />
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      <div className="graphs">
        {graphs.map((graph) => (
          <GraphPanel key={graph.title} {...{ graph, view: value, problem, zone }} isByGroup />
        ))}
      </div>
      <Panel title={t('Deployments in this time')}>
        {value === null && problem === null && <Skeleton />}
        {value?.items.length === 0 && (
          <p className="empty">{t('Nothing was asked of a provider.')}</p>
        )}
        {value !== null && value.items.length > 0 && <Sums groups={value.items} />}
      </Panel>
    </>
  );
}

function Sums({ groups }: { readonly groups: readonly SeriesGroup[] }) {
  const timeOf = ({ total }: SeriesGroup, which: 'p50' | 'p95' | 'p99'): string => {
    const value = total.times['total']?.[which];
    return value === undefined ? '–' : timeText(value);
  };
  return (
    <DataTable
      caption={t('Deployments in this time')}
      rows={groups}
      keyOf={({ names }) => nameOf(names)}
      columns={[
        { title: t('Deployment'), cell: ({ names }) => <code>{nameOf(names)}</code> },
        {
          title: t('Attempts'),
          isNumber: true,
          cell: ({ total }) => (total.counts['requests'] ?? 0).toLocaleString(locale()),
        },
        {
          title: t('Failed'),
          isNumber: true,
          cell: ({ total }) => {
            const share = FAILED(total);
            return share === null ? '–' : shareText(share);
          },
        },
        { title: 'p50', isNumber: true, cell: (group) => timeOf(group, 'p50') },
        { title: 'p95', isNumber: true, cell: (group) => timeOf(group, 'p95') },
        { title: 'p99', isNumber: true, cell: (group) => timeOf(group, 'p99') },
      ]}
    />
  );
}
