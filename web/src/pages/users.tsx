/** People: their team, and whether they may call. */
import { useCallback } from 'react';

import type { UserView } from '../../../src/admin/contract.ts';

import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, tenantField, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';

export default function Users() {
  const { call, may } = useSession();
  const choice = useTenant();
  const { tenant } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /users', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const create = useCreate(choice.tenants, tenant, list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption="Users"
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, user, name, team }) => `${id} ${user} ${name ?? ''} ${team ?? ''}`}
      empty="No users yet. They also come from your identity provider, by SCIM."
      columns={[
        { title: 'User', cell: ({ user }) => <code>{user}</code> },
        { title: 'Name', cell: ({ name }) => <Maybe text={name} /> },
        { title: 'Tenant', cell: ({ tenant: of }) => of },
        { title: 'Team', cell: ({ team }) => <Maybe text={team} /> },
        { title: 'State', cell: (user) => <UserState user={user} /> },
        { title: 'Made', cell: ({ createdAt }) => <Time at={createdAt} /> },
        {
          title: 'Rights',
          cell: ({ tenant: of, user, team }) =>
            may('POST /policy/explain') ? (
              <Link page="explain" query={{ tenant: of, user, team: team ?? undefined }}>
                Why can she?
              </Link>
            ) : null,
        },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /users" text="New user" run={create} />
        </>
      }
    />
  );
}

function UserState({ user: { status, provisioned } }: { readonly user: UserView }) {
  return (
    <>
      <Pill tone={status === 'active' ? 'good' : 'bad'}>{status}</Pill>
      {provisioned !== null && <span className="quiet"> provider says {provisioned}</span>}
    </>
  );
}

function useCreate(tenants: readonly string[], tenant: string, reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: 'New user',
      verb: 'Make it',
      fields: [
        tenantField(tenants, tenant),
        { name: 'id', label: 'Id', isRequired: true, help: 'As keys and tokens name the person.' },
        { name: 'name', label: 'Name' },
        { name: 'team', label: 'Team' },
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          id: valueOf(values, 'id').trim(),
          ...filled('name', valueOf(values, 'name')),
          ...filled('team', valueOf(values, 'team')),
        };
        await call('POST /users', { body });
        desk.say('The user is there.');
        reload();
      },
    });
}

function useActions(reload: () => void): (user: UserView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  return ({ id, user, name, team, status, version }) => {
    const params = { id };
    const edit = (): void =>
      desk.form({
        title: `Edit ${user}`,
        verb: 'Save',
        fields: [
          { name: 'name', label: 'Name', value: name ?? '' },
          { name: 'team', label: 'Team', value: team ?? '' },
        ],
        submit: async (values) => {
          const [newName, newTeam] = ['name', 'team'].map((field) => valueOf(values, field).trim());
          const body = { name: newName || null, team: newTeam || null };
          await call('PATCH /users/{id}', { params, version, body });
          reload();
        },
      });
    const isActive = status === 'active';
    const turn = (): void =>
      desk.confirm({
        title: isActive ? `Suspend ${user}?` : `Let ${user} call again?`,
        text: isActive
          ? 'Every call of this person is refused from the next one on. Running streams end.'
          : 'The person may call again, with the rights that they had.',
        verb: isActive ? 'Suspend' : 'Let them call',
        isDanger: isActive,
        run: async () => {
          const body = { status: isActive ? ('suspended' as const) : ('active' as const) };
          await call('PATCH /users/{id}', { params, version, body });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: `Delete ${user}?`,
        text: 'Records in the audit log stay. To forget a person there, use Erasure.',
        verb: 'Delete the user',
        isDanger: true,
        run: async () => {
          await call('DELETE /users/{id}', { params, version });
          reload();
        },
      });
    const mayEdit = may('PATCH /users/{id}');
    return [
      ...(mayEdit ? [{ label: 'Edit', of: user, run: edit }] : []),
      ...(mayEdit
        ? [{ label: isActive ? 'Suspend' : 'Resume', of: user, isDanger: isActive, run: turn }]
        : []),
      ...(may('DELETE /users/{id}')
        ? [{ label: 'Delete', of: user, isDanger: true, run: remove }]
        : []),
    ];
  };
}
