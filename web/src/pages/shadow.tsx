/** What guards that only watch would have done: before somebody enforces them. */
import type { SeriesGroup } from '../../../src/admin/series-contract.ts';

import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Panel, ProblemBar } from '../parts.tsx';
import { shareText } from '../series/amounts.ts';
import type { RangeName } from '../series/ranges.ts';
import { useSeries } from '../series/use-series.ts';

interface ShadowProps {
  readonly range: RangeName;
  readonly tenant: string;
}

const OBSERVED = { mode: 'observe' } as const;

export function Shadow({ range, tenant }: ShadowProps) {
  const watched = useSeries({
    range,
    tenant,
    kind: 'findings',
    by: 'guard,category,action',
    where: OBSERVED,
  });
  const calls = useSeries({ range, tenant, kind: 'calls' });
  const requests = calls.value?.items[0]?.total.counts['requests'] ?? 0;
  const { value, problem, reload } = watched;
  return (
    <Panel title="What guards in observe mode would have done">
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value?.items.length === 0 && (
        <p className="empty">
          No guard in observe mode found anything. A guard with `mode: observe` delays and changes
          nothing, and is told of here before you enforce it.
        </p>
      )}
      {value !== null && value.items.length > 0 && (
        <DataTable
          caption="What guards in observe mode would have done"
          rows={value.items}
          keyOf={({ names }) => names.join(' ')}
          columns={[
            { title: 'Guard', cell: ({ names }) => <code>{names[0]}</code> },
            { title: 'Category', cell: ({ names }) => names[1] ?? 'none' },
            { title: 'Would have', cell: ({ names }) => wouldHave(names[2] ?? '') },
            { title: 'Calls', isNumber: true, cell: (group) => callsOf(group).toLocaleString() },
            {
              title: 'Of all calls',
              isNumber: true,
              cell: (group) => (requests === 0 ? '–' : shareText(callsOf(group) / requests)),
            },
          ]}
        />
      )}
    </Panel>
  );
}

const callsOf = ({ total }: SeriesGroup): number => total.counts['calls'] ?? 0;

const WORDS: Readonly<Record<string, string>> = {
  block: 'blocked them',
  redact: 'taken it out',
  pseudonymise: 'put another name in its place',
  alert: 'told somebody',
};
const wouldHave = (action: string): string => WORDS[action] ?? action;
