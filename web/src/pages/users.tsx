/** People: their team, and whether they may call. */
import { useCallback } from 'react';

import type { UserView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
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
import { stateText } from '../state-text.ts';

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
      caption={t('Users')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, user, name, team }) => `${id} ${user} ${name ?? ''} ${team ?? ''}`}
      empty={t('No users yet. They also come from your identity provider, by SCIM.')}
      columns={[
        { title: t('User'), cell: ({ user }) => <code>{user}</code> },
        { title: t('Name'), cell: ({ name }) => <Maybe text={name} /> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        { title: t('Team'), cell: ({ team }) => <Maybe text={team} /> },
        { title: t('State'), cell: (user) => <UserState user={user} /> },
        { title: t('Made'), cell: ({ createdAt }) => <Time at={createdAt} /> },
        {
          title: t('Rights'),
          cell: ({ tenant: of, user, team }) =>
            may('POST /policy/explain') ? (
              <Link page="explain" query={{ tenant: of, user, team: team ?? undefined }}>
                {t('Why can she?')}
              </Link>
            ) : null,
        },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /users" text={t('New user')} run={create} />
        </>
      }
    />
  );
}

function UserState({ user: { status, provisioned } }: { readonly user: UserView }) {
  return (
    <>
      <Pill tone={status === 'active' ? 'good' : 'bad'}>{stateText(status)}</Pill>
      {provisioned !== null && (
        <span className="quiet"> {t('provider says {provisioned}', { provisioned })}</span>
      )}
    </>
  );
}

function useCreate(tenants: readonly string[], tenant: string, reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: t('New user'),
      verb: t('Make it'),
      fields: [
        tenantField(tenants, tenant),
        {
          name: 'id',
          label: t('Id'),
          isRequired: true,
          help: t('As keys and tokens name the person.'),
        },
        { name: 'name', label: t('Name') },
        { name: 'team', label: t('Team') },
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          id: valueOf(values, 'id').trim(),
          ...filled('name', valueOf(values, 'name')),
          ...filled('team', valueOf(values, 'team')),
        };
        await call('POST /users', { body });
        desk.say(t('The user is there.'));
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
        title: t('Edit {user}', { user }),
        verb: t('Save'),
        fields: [
          { name: 'name', label: t('Name'), value: name ?? '' },
          { name: 'team', label: t('Team'), value: team ?? '' },
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
        title: isActive ? t('Suspend {user}?', { user }) : t('Let {user} call again?', { user }),
        text: isActive
          ? t('Every call of this person is refused from the next one on. Running streams end.')
          : t('The person may call again, with the rights that they had.'),
        verb: isActive ? t('Suspend') : t('Let them call'),
        isDanger: isActive,
        run: async () => {
          const body = { status: isActive ? ('suspended' as const) : ('active' as const) };
          await call('PATCH /users/{id}', { params, version, body });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: t('Delete {user}?', { user }),
        text: t('Records in the audit log stay. To forget a person there, use Erasure.'),
        verb: t('Delete the user'),
        isDanger: true,
        run: async () => {
          await call('DELETE /users/{id}', { params, version });
          reload();
        },
      });
    const mayEdit = may('PATCH /users/{id}');
    const turnText = isActive ? t('Suspend') : t('Resume');
    return [
      ...(mayEdit ? [{ label: t('Edit'), of: user, run: edit }] : []),
      ...(mayEdit ? [{ label: turnText, of: user, isDanger: isActive, run: turn }] : []),
      ...(may('DELETE /users/{id}')
        ? [{ label: t('Delete'), of: user, isDanger: true, run: remove }]
        : []),
    ];
  };
}
