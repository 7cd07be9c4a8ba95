/** The processes of a gateway that has several. */
import type { WorkerView } from '../../../src/admin/status-contract.ts';

import { t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Pill } from '../parts.tsx';

const TONES = { ready: 'good', starting: 'warn', ended: 'bad' } as const;
const WORDS = {
  ready: t('takes calls'),
  starting: t('is starting'),
  ended: t('has ended'),
} as const;

interface WorkerTableProps {
  readonly workers: readonly WorkerView[];
}

export function WorkerTable({ workers }: WorkerTableProps) {
  return (
    <DataTable
      caption={t('Workers')}
      rows={workers}
      keyOf={({ worker }) => String(worker)}
      columns={[
        { title: t('Worker'), cell: ({ worker }) => <code>w{worker}</code> },
        { title: t('State'), cell: ({ state }) => <Pill tone={TONES[state]}>{WORDS[state]}</Pill> },
        { title: t('Process'), cell: ({ pid }) => pid ?? t('none') },
        { title: t('In flight'), cell: ({ inFlight }) => inFlight },
        { title: t('Records'), cell: ({ lastSeq }) => lastSeq },
        { title: t('Restarts'), cell: ({ restarts }) => restarts },
      ]}
    />
  );
}
