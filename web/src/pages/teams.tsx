/** Teams of a tenant. */
import { useCallback } from 'react';

import type { TeamView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, tenantField, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';

export default function Teams() {
  const { call } = useSession();
  const choice = useTenant();
  const { tenant, tenants } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /teams', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const create = useCreate(tenants, tenant, list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption={t('Teams')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name, tenant: of }) => `${id} ${name ?? ''} ${of}`}
      empty={t('No teams yet.')}
      columns={[
        { title: t('Id'), cell: ({ id }) => <code>{id}</code> },
        { title: t('Name'), cell: ({ name }) => <Maybe text={name} /> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        { title: t('Made'), cell: ({ createdAt }) => <Time at={createdAt} /> },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /teams" text={t('New team')} run={create} />
        </>
      }
    />
  );
}

function useActions(reload: () => void): (team: TeamView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  return ({ id, name, version }) => {
    const params = { id };
    const rename = (): void =>
      desk.form({
        title: t('Rename {id}', { id }),
        verb: t('Save'),
        fields: [{ name: 'name', label: t('Name'), value: name ?? '' }],
        submit: async (values) => {
          const text = valueOf(values, 'name').trim();
          const body = { name: text === '' ? null : text };
          await call('PATCH /teams/{id}', { params, version, body });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: t('Delete {id}?', { id }),
        text: t('The team must be empty: no people, keys or rules may belong to it.'),
        verb: t('Delete the team'),
        isDanger: true,
        run: async () => {
          await call('DELETE /teams/{id}', { params, version });
          desk.say(t('The team is gone.'));
          reload();
        },
      });
    return [
      ...(may('PATCH /teams/{id}') ? [{ label: t('Rename'), of: id, run: rename }] : []),
      ...(may('DELETE /teams/{id}')
        ? [{ label: t('Delete'), of: id, isDanger: true, run: remove }]
        : []),
    ];
  };
}

function useCreate(tenants: readonly string[], tenant: string, reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: t('New team'),
      verb: t('Make it'),
      fields: [
        tenantField(tenants, tenant),
        {
          name: 'id',
          label: t('Id'),
          isRequired: true,
          help: t('Letters, digits and dashes. It stays.'),
        },
        { name: 'name', label: t('Name') },
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          id: valueOf(values, 'id').trim(),
          ...filled('name', valueOf(values, 'name')),
        };
        await call('POST /teams', { body });
        desk.say(t('The team is there.'));
        reload();
      },
    });
}
