/** Administrators who sign in here with a password. Nobody chooses one for somebody else. */
import { useCallback } from 'react';

import type { AccountOnce, AccountView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { type Desk, useDesk } from '../parts/desk.tsx';
import { filled, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { roleOf, roleOptions } from './roles-given.ts';
import { stateText } from '../state-text.ts';

const show = (desk: Desk, { login, temporaryPassword }: AccountOnce): void =>
  desk.once({
    label: t(
      'The temporary password of {login}. It is shown this once, and works for one sign-in within a day.',
      { login },
    ),
    secret: temporaryPassword,
  });

export default function Accounts() {
  const { call } = useSession();
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) => call('GET /accounts', { query: asked, signal }),
    [call],
  );
  const list = useList(read);
  const create = useCreate(list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption={t('Accounts')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ login, name, role, tenant }) => `${login} ${name ?? ''} ${role} ${tenant ?? ''}`}
      empty={t('No accounts. People may come from your identity provider instead.')}
      columns={[
        { title: t('Login'), cell: ({ login }) => login },
        { title: t('Name'), cell: ({ name }) => <Maybe text={name} /> },
        { title: t('Role'), cell: ({ role }) => role },
        {
          title: t('Tenant'),
          cell: ({ tenant }) => <Maybe text={tenant} none={t('the whole gateway')} />,
        },
        {
          title: t('State'),
          cell: ({ status }) => (
            <Pill tone={status === 'active' ? 'good' : 'bad'}>{stateText(status)}</Pill>
          ),
        },
        {
          title: t('Second factor'),
          cell: ({ hasSecondFactor }) => (
            <Pill tone={hasSecondFactor ? 'good' : 'warn'}>
              {hasSecondFactor ? t('yes') : t('no')}
            </Pill>
          ),
        },
        { title: t('Password set'), cell: ({ passwordSetAt }) => <Time at={passwordSetAt} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /accounts" text={t('New account')} run={create} />}
    />
  );
}

function useCreate(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  return () =>
    desk.form({
      title: t('New account'),
      verb: t('Make it'),
      fields: [
        { name: 'login', label: t('Login'), isRequired: true, help: t('An address, or a name.') },
        { name: 'name', label: t('Name') },
        { name: 'role', label: t('Role'), kind: 'choice', options: roleOptions, value: 'viewer' },
        {
          name: 'tenant',
          label: t('Of'),
          kind: 'choice',
          options: [
            { value: '', label: t('the whole gateway') },
            ...tenants.map((value) => ({ value })),
          ],
        },
      ],
      submit: async (values) => {
        const body = {
          login: valueOf(values, 'login').trim(),
          role: roleOf(valueOf(values, 'role')),
          ...filled('name', valueOf(values, 'name')),
          ...filled('tenant', valueOf(values, 'tenant')),
        };
        const made = await call('POST /accounts', { body });
        reload();
        show(desk, made);
      },
    });
}

function useActions(reload: () => void): (account: AccountView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  return ({ id, login, status, hasSecondFactor, version }) => {
    const params = { id };
    const reset = (): void =>
      desk.form({
        title: t('A new temporary password for {login}', { login }),
        intro: t('Its sessions end, and the old password works no more.'),
        verb: t('Reset'),
        fields: hasSecondFactor
          ? [{ name: 'remove', label: t('Remove the authenticator too'), kind: 'tick' }]
          : [],
        submit: async (values) => {
          const body = { removeSecondFactor: valueOf(values, 'remove') === 'yes' };
          const made = await call('POST /accounts/{id}/reset', { params, version, body });
          reload();
          show(desk, made);
        },
      });
    const isActive = status === 'active';
    const turnText = isActive ? t('Disable') : t('Enable');
    const turn = (): void =>
      desk.confirm({
        title: isActive ? t('Disable {login}?', { login }) : t('Enable {login}?', { login }),
        text: isActive ? t('All sessions end at once.') : t('The password works again.'),
        verb: turnText,
        isDanger: isActive,
        run: async () => {
          const body = { status: isActive ? ('disabled' as const) : ('active' as const) };
          await call('PATCH /accounts/{id}', { params, version, body });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: t('Delete {login}?', { login }),
        text: t('What the person did stays in the log.'),
        verb: t('Delete the account'),
        isDanger: true,
        run: async () => {
          await call('DELETE /accounts/{id}', { params, version });
          reload();
        },
      });
    return [
      ...(may('POST /accounts/{id}/reset') ? [{ label: t('Reset'), of: login, run: reset }] : []),
      ...(may('PATCH /accounts/{id}')
        ? [{ label: turnText, of: login, isDanger: isActive, run: turn }]
        : []),
      ...(may('DELETE /accounts/{id}')
        ? [{ label: t('Delete'), of: login, isDanger: true, run: remove }]
        : []),
    ];
  };
}
