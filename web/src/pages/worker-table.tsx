/** The processes of a gateway that has several. */
import type { WorkerView } from '../../../src/admin/status-contract.ts';

import { DataTable } from '../parts/data-table.tsx';
import { Pill } from '../parts.tsx';

const TONES = { ready: 'good', starting: 'warn', ended: 'bad' } as const;
const WORDS = { ready: 'takes calls', starting: 'is starting', ended: 'has ended' } as const;

interface WorkerTableProps {
  readonly workers: readonly WorkerView[];
}

export function WorkerTable({ workers }: WorkerTableProps) {
  return (
    <DataTable
      caption="Workers"
      rows={workers}
      keyOf={({ worker }) => String(worker)}
      columns={[
        { title: 'Worker', cell: ({ worker }) => <code>w{worker}</code> },
        { title: 'State', cell: ({ state }) => <Pill tone={TONES[state]}>{WORDS[state]}</Pill> },
        { title: 'Process', cell: ({ pid }) => pid ?? 'none' },
        { title: 'In flight', cell: ({ inFlight }) => inFlight },
        { title: 'Records', cell: ({ lastSeq }) => lastSeq },
        { title: 'Restarts', cell: ({ restarts }) => restarts },
      ]}
    />
  );
}
