/** Teams of a tenant. */
import { useCallback } from 'react';

import type { TeamView } from '../../../src/admin/contract.ts';

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
      caption="Teams"
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name, tenant: of }) => `${id} ${name ?? ''} ${of}`}
      empty="No teams yet."
      columns={[
        { title: 'Id', cell: ({ id }) => <code>{id}</code> },
        { title: 'Name', cell: ({ name }) => <Maybe text={name} /> },
        { title: 'Tenant', cell: ({ tenant: of }) => of },
        { title: 'Made', cell: ({ createdAt }) => <Time at={createdAt} /> },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /teams" text="New team" run={create} />
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
        title: `Rename ${id}`,
        verb: 'Save',
        fields: [{ name: 'name', label: 'Name', value: name ?? '' }],
        submit: async (values) => {
          const text = valueOf(values, 'name').trim();
          const body = { name: text === '' ? null : text };
          await call('PATCH /teams/{id}', { params, version, body });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: `Delete ${id}?`,
        text: 'The team must be empty: no people, keys or rules may belong to it.',
        verb: 'Delete the team',
        isDanger: true,
        run: async () => {
          await call('DELETE /teams/{id}', { params, version });
          desk.say('The team is gone.');
          reload();
        },
      });
    return [
      ...(may('PATCH /teams/{id}') ? [{ label: 'Rename', of: id, run: rename }] : []),
      ...(may('DELETE /teams/{id}')
        ? [{ label: 'Delete', of: id, isDanger: true, run: remove }]
        : []),
    ];
  };
}

function useCreate(tenants: readonly string[], tenant: string, reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: 'New team',
      verb: 'Make it',
      fields: [
        tenantField(tenants, tenant),
        {
          name: 'id',
          label: 'Id',
          isRequired: true,
          help: 'Letters, digits and dashes. It stays.',
        },
        { name: 'name', label: 'Name' },
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          id: valueOf(values, 'id').trim(),
          ...filled('name', valueOf(values, 'name')),
        };
        await call('POST /teams', { body });
        desk.say('The team is there.');
        reload();
      },
    });
}
