/** What guards that only watch would have done: before somebody enforces them. */
import type { SeriesGroup } from '../../../src/admin/series-contract.ts';

import { locale, t } from '../messages/message.ts';
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
    <Panel title={t('What guards in observe mode would have done')}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value?.items.length === 0 && (
        <p className="empty">
          {t(
            'No guard in observe mode found anything. A guard with `mode: observe` delays and changes nothing, and is told of here before you enforce it.',
          )}
        </p>
      )}
      {value !== null && value.items.length > 0 && (
        <DataTable
          caption={t('What guards in observe mode would have done')}
          rows={value.items}
          keyOf={({ names }) => names.join(' ')}
          columns={[
            { title: t('Guard'), cell: ({ names }) => <code>{names[0]}</code> },
            { title: t('Category'), cell: ({ names }) => names[1] ?? t('none') },
            { title: t('Would have'), cell: ({ names }) => wouldHave(names[2] ?? '') },
            {
              title: t('Calls'),
              isNumber: true,
              cell: (group) => callsOf(group).toLocaleString(locale()),
            },
            {
              title: t('Of all calls'),
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
  block: t('blocked them'),
  redact: t('taken it out'),
  pseudonymise: t('put another name in its place'),
  alert: t('told somebody'),
};
const wouldHave = (action: string): string => WORDS[action] ?? action;
