/** Legal holds: what may not be erased or deleted while somebody says so. */
import { useCallback } from 'react';

import type { HoldView } from '../../../src/admin/audit-contract.ts';

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
        title: 'End the hold?',
        text: `“${reason}”. What it keeps may be erased, and retention deletes it when its time is over.`,
        verb: 'End the hold',
        isDanger: true,
        run: async () => {
          await call('DELETE /holds/{id}', { params: { id } });
          desk.say('The hold is ended.');
          list.reload();
        },
      });
    // What the platform has set, nobody of a tenant ends: no button that is always refused.
    return may('DELETE /holds/{id}') && (!isOfPlatform || rights.tenant === null)
      ? [{ label: 'Release', of: reason, isDanger: true, run: release }]
      : [];
  };
  return (
    <Listing
      caption="Holds"
      list={list}
      keyOf={({ id }) => id}
      textOf={({ reason, tenant, user }) => `${reason} ${tenant ?? ''} ${user ?? ''}`}
      empty="Nothing is held."
      columns={[
        { title: 'Tenant', cell: ({ tenant }) => <Maybe text={tenant} none="every tenant" /> },
        { title: 'Person', cell: ({ user }) => <Maybe text={user} none="everybody" /> },
        { title: 'Reason', cell: ({ reason }) => reason },
        { title: 'By', cell: ({ actor }) => <code>{actor}</code> },
        {
          title: 'Whose',
          cell: ({ isOfPlatform }) => (isOfPlatform ? 'of the platform' : 'of the tenant'),
        },
        { title: 'Since', cell: ({ at }) => <Time at={at} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /holds" text="New hold" run={create} />}
    />
  );
}

function useCreate(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  return () =>
    desk.form({
      title: 'New hold',
      intro:
        'Neither retention nor an erasure touches what is held. Without a person, all of the tenant is.',
      verb: 'Hold it',
      fields: [
        {
          name: 'tenant',
          label: 'Tenant',
          kind: 'choice',
          options: [{ value: '', label: 'every tenant' }, ...tenants.map((value) => ({ value }))],
        },
        {
          name: 'user',
          label: 'Person',
          help: 'As calls name them. It is not written to the log.',
        },
        { name: 'reason', label: 'Reason', isRequired: true, help: 'It is written to the log.' },
      ],
      submit: async (values) => {
        const body = {
          reason: valueOf(values, 'reason').trim(),
          ...filled('tenant', valueOf(values, 'tenant')),
          ...filled('user', valueOf(values, 'user')),
        };
        await call('POST /holds', { body });
        desk.say('It is held.');
        reload();
      },
    });
}
