/** Legal holds: what may not be erased or deleted while somebody says so. */
import { useCallback } from 'react';

import type { HoldView } from '../../../src/admin/audit-contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { useTenant } from '../parts/tenants.tsx';
import { useList } from '../parts/use-list.ts';
import { Maybe, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';

export default function Holds() {
  const { call, may, rights } = useSession();
  const desk = useDesk();
  const read = useCallback(
    (_asked: object, signal: AbortSignal) => call('GET /holds', { signal }),
    [call],
  );
  const list = useList(read);
  const create = useCreate(list.reload);
  const actions = ({ id, reason, isOfPlatform }: HoldView): readonly Action[] => {
    const release = (): void =>
      desk.confirm({
        title: t('End the hold?'),
        text: t(
          '“{reason}”. What it keeps may be erased, and retention deletes it when its time is over.',
          { reason },
        ),
        verb: t('End the hold'),
        isDanger: true,
        run: async () => {
          await call('DELETE /holds/{id}', { params: { id } });
          desk.say(t('The hold is ended.'));
          list.reload();
        },
      });
    // What the platform has set, nobody of a tenant ends: no button that is always refused.
    return may('DELETE /holds/{id}') && (!isOfPlatform || rights.tenant === null)
      ? [{ label: t('Release'), of: reason, isDanger: true, run: release }]
      : [];
  };
  return (
    <Listing
      caption={t('Holds')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ reason, tenant, user }) => `${reason} ${tenant ?? ''} ${user ?? ''}`}
      empty={t('Nothing is held.')}
      columns={[
        {
          title: t('Tenant'),
          cell: ({ tenant }) => <Maybe text={tenant} none={t('every tenant')} />,
        },
        { title: t('Person'), cell: ({ user }) => <Maybe text={user} none={t('everybody')} /> },
        { title: t('Reason'), cell: ({ reason }) => reason },
        { title: t('By'), cell: ({ actor }) => <code>{actor}</code> },
        {
          title: t('Whose'),
          cell: ({ isOfPlatform }) => (isOfPlatform ? t('of the platform') : t('of the tenant')),
        },
        { title: t('Since'), cell: ({ at }) => <Time at={at} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /holds" text={t('New hold')} run={create} />}
    />
  );
}

function useCreate(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  return () =>
    desk.form({
      title: t('New hold'),
      intro: t(
        'Neither retention nor an erasure touches what is held. Without a person, all of the tenant is.',
      ),
      verb: t('Hold it'),
      fields: [
        {
          name: 'tenant',
          label: t('Tenant'),
          kind: 'choice',
          options: [
            { value: '', label: t('every tenant') },
            ...tenants.map((value) => ({ value })),
          ],
        },
        {
          name: 'user',
          label: t('Person'),
          help: t('As calls name them. It is not written to the log.'),
        },
        {
          name: 'reason',
          label: t('Reason'),
          isRequired: true,
          help: t('It is written to the log.'),
        },
      ],
      submit: async (values) => {
        const body = {
          reason: valueOf(values, 'reason').trim(),
          ...filled('tenant', valueOf(values, 'tenant')),
          ...filled('user', valueOf(values, 'user')),
        };
        await call('POST /holds', { body });
        desk.say(t('It is held.'));
        reload();
      },
    });
}
