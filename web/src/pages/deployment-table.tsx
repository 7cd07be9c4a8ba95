/** Deployments and whether they take calls. */
import type { DeploymentStatus } from '../../../src/admin/status-contract.ts';

import { t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Pill } from '../parts.tsx';

export const TONES = { closed: 'good', 'half-open': 'warn', open: 'bad' } as const;
export const WORDS = {
  closed: t('takes calls'),
  'half-open': t('is being tried'),
  open: t('is left out: it failed'),
} as const;

interface DeploymentTableProps {
  readonly deployments: readonly DeploymentStatus[];
}

export function DeploymentTable({ deployments }: DeploymentTableProps) {
  if (deployments.length === 0) {
    return (
      <p className="empty">{t('No deployments. Add providers and models to the configuration.')}</p>
    );
  }
  return (
    <DataTable
      caption={t('Deployments')}
      rows={deployments}
      keyOf={({ id }) => id}
      columns={[
        { title: t('Deployment'), cell: ({ id }) => <code>{id}</code> },
        { title: t('Provider'), cell: ({ provider }) => provider },
        {
          title: t('Health'),
          cell: ({ breaker }) => <Pill tone={TONES[breaker]}>{WORDS[breaker]}</Pill>,
        },
      ]}
    />
  );
}
