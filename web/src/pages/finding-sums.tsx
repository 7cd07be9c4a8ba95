/** Sums of findings by group, over the time that is chosen. */
import type { SeriesView } from '../../../src/admin/series-contract.ts';

import { locale, t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Panel } from '../parts.tsx';
import { nameOf } from '../series/graph-panel.tsx';
import type { Loaded } from '../use-loaded.ts';

interface FindingSumsProps {
  readonly title: string;
  readonly read: Loaded<SeriesView>;
}

export function FindingSums({ title, read: { value: view, problem } }: FindingSumsProps) {
  return (
    <Panel title={title}>
      {view === null && problem === null && <Skeleton />}
      {view === null && problem !== null && <p className="empty">{t('It could not be read.')}</p>}
      {view?.items.length === 0 && (
        <p className="empty">{t('No guard found anything in this time.')}</p>
      )}
      {view !== null && view.items.length > 0 && (
        <DataTable
          caption={title}
          rows={view.items}
          keyOf={({ names }) => nameOf(names)}
          columns={[
            { title: t('Which'), cell: ({ names }) => nameOf(names) },
            {
              title: t('Findings'),
              isNumber: true,
              cell: ({ total }) => (total.counts['count'] ?? 0).toLocaleString(locale()),
            },
            {
              title: t('In calls'),
              isNumber: true,
              cell: ({ total }) => (total.counts['calls'] ?? 0).toLocaleString(locale()),
            },
          ]}
        />
      )}
    </Panel>
  );
}
