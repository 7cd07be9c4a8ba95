/** What tools were when they were first declared; a change is a person's to accept. */
import { useCallback } from 'react';

import type { ToolPinView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Pill, Time } from '../parts.tsx';
import { useSession } from '../session.ts';

export default function ToolPins() {
  const { call, may } = useSession();
  const desk = useDesk();
  const choice = useTenant();
  const { tenant } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /tool-pins', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const actions = ({ id, tool, version }: ToolPinView): readonly Action[] => {
    const forget = (): void =>
      desk.confirm({
        title: t('Forget what {tool} was?', { tool }),
        text: t(
          'The next definition that its owner declares becomes the one that is compared with.',
        ),
        verb: t('Forget the pin'),
        isDanger: true,
        run: async () => {
          await call('DELETE /tool-pins/{id}', { params: { id }, version });
          list.reload();
        },
      });
    return may('DELETE /tool-pins/{id}')
      ? [{ label: t('Forget'), of: tool, isDanger: true, run: forget }]
      : [];
  };
  return (
    <Listing
      caption={t('Tool pins')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ tool, owner }) => `${tool} ${owner ?? ''}`}
      empty={t('No tools are pinned. A guard of type tool-pins does that.')}
      columns={[
        { title: t('Tool'), cell: ({ tool }) => <code>{tool}</code> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        { title: t('Owner'), cell: ({ owner }) => <Maybe text={owner} none={t('all callers')} /> },
        { title: t('Pinned'), cell: ({ pinnedAt }) => <Time at={pinnedAt} /> },
        {
          title: t('State'),
          cell: ({ changedAt }) =>
            changedAt === null ? (
              <Pill tone="good">{t('as it was')}</Pill>
            ) : (
              <Pill tone="warn">{t('declared otherwise')}</Pill>
            ),
        },
        { title: t('Changed'), cell: ({ changedAt }) => <Time at={changedAt} /> },
      ]}
      actions={actions}
      tools={<TenantSelect choice={choice} />}
    />
  );
}
