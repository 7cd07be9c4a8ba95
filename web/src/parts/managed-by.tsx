/** Whether the file or the store has an entry: only what the store has is changed here. */
import type { ManagedBy } from '../../../src/admin/contract.ts';
import { t } from '../messages/message.ts';
import { Pill } from '../parts.tsx';
import { stateText } from '../state-text.ts';
import type { Column } from './data-table.tsx';

export const managedByColumn: Column<{ readonly managedBy: ManagedBy | 'scim' }> = {
  title: t('Managed by'),
  cell: ({ managedBy }) => <Pill tone="plain">{stateText(managedBy)}</Pill>,
};
