/** Bindings: who has which role. */
import { useCallback } from 'react';

import type { BindingView } from '../../../src/admin/contract.ts';

import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { type Field, filled, tenantField, type Values, valueOf, wordsOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Pill } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';

const subjectFields = (binding: BindingView | null): readonly Field[] => [
  {
    name: 'users',
    label: 'Users',
    value: (binding?.users ?? []).join(', '),
    help: 'Separated by commas; * is everybody.',
  },
  { name: 'teams', label: 'Teams', value: (binding?.teams ?? []).join(', ') },
  { name: 'keys', label: 'Keys', value: (binding?.keys ?? []).join(', ') },
];

const subjectsOf = (values: Values) => ({
  users: wordsOf(valueOf(values, 'users')),
  teams: wordsOf(valueOf(values, 'teams')),
  keys: wordsOf(valueOf(values, 'keys')),
});

export default function Bindings() {
  const { call } = useSession();
  const choice = useTenant();
  const { tenant, tenants } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /bindings', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const create = useCreate(tenants, tenant, list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption="Bindings"
      list={list}
      keyOf={({ id }) => id}
      textOf={({ role, users, teams, keys }) => [role, ...users, ...teams, ...keys].join(' ')}
      empty="Nobody has a role by a binding."
      columns={[
        { title: 'Role', cell: ({ role }) => <code>{role}</code> },
        { title: 'Tenant', cell: ({ tenant: of }) => of },
        { title: 'Users', cell: ({ users }) => <Maybe text={users.join(', ')} /> },
        { title: 'Teams', cell: ({ teams }) => <Maybe text={teams.join(', ')} /> },
        { title: 'Keys', cell: ({ keys }) => <Maybe text={keys.join(', ')} /> },
        { title: 'Managed by', cell: ({ managedBy }) => <Pill tone="plain">{managedBy}</Pill> },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /bindings" text="New binding" run={create} />
        </>
      }
    />
  );
}

function useCreate(tenants: readonly string[], tenant: string, reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: 'New binding',
      verb: 'Bind',
      fields: [
        tenantField(tenants, tenant),
        { name: 'role', label: 'Role', isRequired: true },
        ...subjectFields(null),
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          role: valueOf(values, 'role').trim(),
          ...subjectsOf(values),
        };
        await call('POST /bindings', { body });
        desk.say('The role is given.');
        reload();
      },
    });
}

function useActions(reload: () => void): (binding: BindingView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  return (binding) => {
    const { id, role, version, managedBy } = binding;
    if (version === null || managedBy !== 'store') return [];
    const params = { id };
    const edit = (): void =>
      desk.form({
        title: `Who is ${role}?`,
        verb: 'Save',
        fields: subjectFields(binding),
        submit: async (values) => {
          await call('PATCH /bindings/{id}', { params, version, body: subjectsOf(values) });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: `Take ${role} away?`,
        text: 'From everybody whom this binding names, from their next call on.',
        verb: 'Delete the binding',
        isDanger: true,
        run: async () => {
          await call('DELETE /bindings/{id}', { params, version });
          reload();
        },
      });
    return [
      ...(may('PATCH /bindings/{id}') ? [{ label: 'Edit', of: role, run: edit }] : []),
      ...(may('DELETE /bindings/{id}')
        ? [{ label: 'Delete', of: role, isDanger: true, run: remove }]
        : []),
    ];
  };
}
