/** Deployments and whether they take calls. */
import type { DeploymentStatus } from '../../../src/admin/status-contract.ts';

import { DataTable } from '../parts/data-table.tsx';
import { Pill } from '../parts.tsx';

export const TONES = { closed: 'good', 'half-open': 'warn', open: 'bad' } as const;
export const WORDS = {
  closed: 'takes calls',
  'half-open': 'is being tried',
  open: 'is left out: it failed',
} as const;

interface DeploymentTableProps {
  readonly deployments: readonly DeploymentStatus[];
}

export function DeploymentTable({ deployments }: DeploymentTableProps) {
  if (deployments.length === 0) {
    return <p className="empty">No deployments. Add providers and models to the configuration.</p>;
  }
  return (
    <DataTable
      caption="Deployments"
      rows={deployments}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Deployment', cell: ({ id }) => <code>{id}</code> },
        { title: 'Provider', cell: ({ provider }) => provider },
        {
          title: 'Health',
          cell: ({ breaker }) => <Pill tone={TONES[breaker]}>{WORDS[breaker]}</Pill>,
        },
      ]}
    />
  );
}
