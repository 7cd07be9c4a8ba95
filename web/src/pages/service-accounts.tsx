/** Callers that are no people: applications, jobs, agents. */
import { useCallback } from 'react';

import type { ServiceAccountView } from '../../../src/admin/service-account-contract.ts';

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

export default function ServiceAccounts() {
  const { call, may } = useSession();
  const choice = useTenant();
  const { tenant } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /service-accounts', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const create = useCreate(choice.tenants, tenant, list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption={t('Service accounts')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name, description, team }) =>
        `${id} ${name} ${description ?? ''} ${team ?? ''}`
      }
      empty={t('No service accounts yet. Make one for each application, and keys for it.')}
      columns={[
        { title: t('Name'), cell: ({ name }) => <code>{name}</code> },
        { title: t('Id'), cell: ({ id }) => <code title={id}>{id}</code> },
        { title: t('For'), cell: ({ description }) => <Maybe text={description} /> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        { title: t('Team'), cell: ({ team }) => <Maybe text={team} /> },
        {
          title: t('State'),
          cell: ({ status }) => (
            <Pill tone={status === 'active' ? 'good' : 'bad'}>{stateText(status)}</Pill>
          ),
        },
        { title: t('Made'), cell: ({ createdAt }) => <Time at={createdAt} /> },
        {
          title: t('Rights'),
          cell: ({ tenant: of, name, team }) =>
            may('POST /policy/explain') ? (
              <Link
                page="explain"
                query={{ tenant: of, serviceAccount: name, team: team ?? undefined }}
              >
                {t('Why can it?')}
              </Link>
            ) : null,
        },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /service-accounts" text={t('New service account')} run={create} />
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
      title: t('New service account'),
      verb: t('Make it'),
      fields: [
        tenantField(tenants, tenant),
        {
          name: 'name',
          label: t('Name'),
          isRequired: true,
          help: t('As bindings, limits and records say it. It stays as it is.'),
        },
        { name: 'description', label: t('For') },
        { name: 'team', label: t('Team'), help: t('Of its keys that name none.') },
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          name: valueOf(values, 'name').trim(),
          ...filled('description', valueOf(values, 'description')),
          ...filled('team', valueOf(values, 'team')),
        };
        await call('POST /service-accounts', { body });
        desk.say(t('The service account is there. Make a key for it under Keys.'));
        reload();
      },
    });
}

function useActions(reload: () => void): (account: ServiceAccountView) => readonly Action[] {
  const { may } = useSession();
  const { edit, turn, remove } = useChanges(reload);
  return (account) => {
    const { name: of, status } = account;
    const isActive = status === 'active';
    const mayEdit = may('PATCH /service-accounts/{id}');
    const turnText = isActive ? t('Suspend') : t('Resume');
    return [
      ...(mayEdit ? [{ label: t('Edit'), of, run: () => edit(account) }] : []),
      ...(mayEdit ? [{ label: turnText, of, isDanger: isActive, run: () => turn(account) }] : []),
      ...(may('DELETE /service-accounts/{id}')
        ? [{ label: t('Delete'), of, isDanger: true, run: () => remove(account) }]
        : []),
    ];
  };
}

function useChanges(reload: () => void) {
  const { call } = useSession();
  const desk = useDesk();
  const edit = ({ id, name, description, team, version }: ServiceAccountView): void =>
    desk.form({
      title: t('Edit {name}', { name }),
      verb: t('Save'),
      fields: [
        { name: 'description', label: t('For'), value: description ?? '' },
        { name: 'team', label: t('Team'), value: team ?? '' },
      ],
      submit: async (values) => {
        const [newFor, newTeam] = ['description', 'team'].map((field) =>
          valueOf(values, field).trim(),
        );
        const body = { description: newFor || null, team: newTeam || null };
        await call('PATCH /service-accounts/{id}', { params: { id }, version, body });
        reload();
      },
    });
  const turn = ({ id, name, status, version }: ServiceAccountView): void => {
    const isActive = status === 'active';
    desk.confirm({
      title: isActive
        ? t('Suspend {user}?', { user: name })
        : t('Let {user} call again?', { user: name }),
      text: isActive
        ? t('Its keys and their tokens are refused from the next call on. Running streams end.')
        : t('Its keys work again, with the rights that they had.'),
      verb: isActive ? t('Suspend') : t('Resume'),
      isDanger: isActive,
      run: async () => {
        const body = { status: isActive ? ('suspended' as const) : ('active' as const) };
        await call('PATCH /service-accounts/{id}', { params: { id }, version, body });
        reload();
      },
    });
  };
  const remove = ({ id, name, version }: ServiceAccountView): void =>
    desk.confirm({
      title: t('Delete {user}?', { user: name }),
      text: t('Its keys never work again, also not for one that is made under its name later.'),
      verb: t('Delete the service account'),
      isDanger: true,
      run: async () => {
        await call('DELETE /service-accounts/{id}', { params: { id }, version });
        reload();
      },
    });
  return { edit, turn, remove };
}
