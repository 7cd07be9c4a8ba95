/** How the gateway does: what came, how it ended, how long it took, what it cost; and what runs. */
import { useMemo } from 'react';

import type { SeriesView } from '../../../src/admin/series-contract.ts';

import { t } from '../messages/message.ts';
import { Skeleton } from '../parts/listing.tsx';
import { ProblemBar } from '../parts.tsx';
import { countText, moneyText, rateText, timeText } from '../series/amounts.ts';
import { GraphPanel, type Graph } from '../series/graph-panel.tsx';
import { count, per, percentile } from '../series/lines.ts';
import { SeriesTools, useSeriesChoice } from '../series/series-tools.tsx';
import { SumCards } from '../series/sum-cards.tsx';
import { useSeries } from '../series/use-series.ts';
import { useSession } from '../session.ts';
import type { Loaded } from '../use-loaded.ts';
import { Budgets } from './budgets.tsx';
import { WhatRuns } from './what-runs.tsx';

/** Every call ends in one of them. */
const OUTCOMES = [
  ['answered', t('answered')],
  ['failed', t('failed')],
  ['blocked', t('blocked')],
  ['limited', t('limited')],
  ['refused', t('refused')],
] as const;

const percentiles = (time: string) =>
  (['p50', 'p95', 'p99'] as const).map((which) => ({ name: which, pick: percentile(time, which) }));

/** The graphs of calls, by how long a step is. */
function callGraphs(stepSeconds: number): readonly Graph[] {
  return [
    {
      title: t('Requests a second, by how they ended'),
      write: rateText,
      lines: OUTCOMES.map(([one, name]) => ({ name, pick: per(1, stepSeconds, count(one)) })),
    },
    { title: t('Time of a request'), write: timeText, lines: percentiles('total') },
    {
      title: t('Of it: the gateway’s own'),
      write: timeText,
      lines: percentiles('gateway'),
    },
    {
      title: t('Of it: the provider’s'),
      write: timeText,
      lines: percentiles('upstream'),
    },
    { title: t('Time to the first token'), write: timeText, lines: percentiles('firstByte') },
    {
      title: t('Tokens a minute'),
      write: countText,
      lines: [
        { name: t('in'), pick: per(60, stepSeconds, count('inputTokens')) },
        { name: t('out'), pick: per(60, stepSeconds, count('outputTokens')) },
      ],
    },
    {
      title: t('Money a minute'),
      write: moneyText,
      lines: [{ name: 'USD', pick: per(60, stepSeconds, count('costNanoUsd')) }],
    },
  ];
}

export default function Overview() {
  const { may } = useSession();
  const choice = useSeriesChoice();
  const { range, isCompared, zone } = choice;
  const { tenant } = choice.tenantChoice;
  const asked = { range, tenant, isCompared } as const;
  const calls = useSeries({ ...asked, kind: 'calls' });
  const findings = useSeries({
    ...asked,
    kind: 'findings',
    by: 'guard,action,mode',
    isCompared: false,
  });
  const refusals = useSeries({ ...asked, kind: 'refusals', by: 'reason', isCompared: false });
  // The three are of one gateway: what keeps one of them away keeps all, and is said once.
  const problem = calls.problem ?? findings.problem ?? refusals.problem;
  const reload = (): void => [calls, findings, refusals].forEach((read) => read.reload());
  const graphs = useMemo(
    () => callGraphs(calls.value?.stepSeconds ?? 10),
    [calls.value?.stepSeconds],
  );
  return (
    <>
      <SeriesTools choice={choice} />
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {calls.value === null && calls.problem === null && <Skeleton />}
      {calls.value !== null && <SumCards view={calls.value} />}
      <div className="graphs">
        {graphs.map((graph) => (
          <GraphPanel
            key={graph.title}
            graph={graph}
            view={calls.value}
            problem={calls.problem}
            zone={zone}
          />
        ))}
        <Groups title={t('What guards found, a minute')} read={findings} zone={zone} />
        <Groups title={t('Refused, a minute, by why')} read={refusals} zone={zone} />
      </div>
      {may('GET /budgets') && <Budgets tenant={tenant} isNearOnly />}
      {may('GET /status') && <WhatRuns />}
    </>
  );
}

interface GroupsProps {
  readonly title: string;
  readonly read: Loaded<SeriesView>;
  readonly zone: string;
}

/** A line for each of the largest groups. */
function Groups({ title, read: { value: view, problem }, zone }: GroupsProps) {
  const graph = useMemo(() => {
    const pick = per(60, view?.stepSeconds ?? 10, count('count'));
    return { title, write: rateText, lines: [{ name: '', pick }] };
  }, [title, view?.stepSeconds]);
  return <GraphPanel graph={graph} view={view} problem={problem} zone={zone} isByGroup />;
}
