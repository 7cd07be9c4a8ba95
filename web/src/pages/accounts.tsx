/** Administrators who sign in here with a password. Nobody chooses one for somebody else. */
import { useCallback } from 'react';

import type { AccountOnce, AccountView } from '../../../src/admin/contract.ts';

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

const show = (desk: Desk, { login, temporaryPassword }: AccountOnce): void =>
  desk.once({
    label: `The temporary password of ${login}. It is shown this once, and works for one sign-in within a day.`,
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
      caption="Accounts"
      list={list}
      keyOf={({ id }) => id}
      textOf={({ login, name, role, tenant }) => `${login} ${name ?? ''} ${role} ${tenant ?? ''}`}
      empty="No accounts. People may come from your identity provider instead."
      columns={[
        { title: 'Login', cell: ({ login }) => login },
        { title: 'Name', cell: ({ name }) => <Maybe text={name} /> },
        { title: 'Role', cell: ({ role }) => role },
        { title: 'Tenant', cell: ({ tenant }) => <Maybe text={tenant} none="the whole gateway" /> },
        {
          title: 'State',
          cell: ({ status }) => <Pill tone={status === 'active' ? 'good' : 'bad'}>{status}</Pill>,
        },
        {
          title: 'Second factor',
          cell: ({ hasSecondFactor }) => (
            <Pill tone={hasSecondFactor ? 'good' : 'warn'}>{hasSecondFactor ? 'yes' : 'no'}</Pill>
          ),
        },
        { title: 'Password set', cell: ({ passwordSetAt }) => <Time at={passwordSetAt} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /accounts" text="New account" run={create} />}
    />
  );
}

function useCreate(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  return () =>
    desk.form({
      title: 'New account',
      verb: 'Make it',
      fields: [
        { name: 'login', label: 'Login', isRequired: true, help: 'An address, or a name.' },
        { name: 'name', label: 'Name' },
        { name: 'role', label: 'Role', kind: 'choice', options: roleOptions, value: 'viewer' },
        {
          name: 'tenant',
          label: 'Of',
          kind: 'choice',
          options: [
            { value: '', label: 'the whole gateway' },
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
        title: `A new temporary password for ${login}`,
        intro: 'Its sessions end, and the old password works no more.',
        verb: 'Reset',
        fields: hasSecondFactor
          ? [{ name: 'remove', label: 'Remove the authenticator too', kind: 'tick' }]
          : [],
        submit: async (values) => {
          const body = { removeSecondFactor: valueOf(values, 'remove') === 'yes' };
          const made = await call('POST /accounts/{id}/reset', { params, version, body });
          reload();
          show(desk, made);
        },
      });
    const isActive = status === 'active';
    const turn = (): void =>
      desk.confirm({
        title: isActive ? `Disable ${login}?` : `Enable ${login}?`,
        text: isActive ? 'All sessions end at once.' : 'The password works again.',
        verb: isActive ? 'Disable' : 'Enable',
        isDanger: isActive,
        run: async () => {
          const body = { status: isActive ? ('disabled' as const) : ('active' as const) };
          await call('PATCH /accounts/{id}', { params, version, body });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: `Delete ${login}?`,
        text: 'What the person did stays in the log.',
        verb: 'Delete the account',
        isDanger: true,
        run: async () => {
          await call('DELETE /accounts/{id}', { params, version });
          reload();
        },
      });
    return [
      ...(may('POST /accounts/{id}/reset') ? [{ label: 'Reset', of: login, run: reset }] : []),
      ...(may('PATCH /accounts/{id}')
        ? [{ label: isActive ? 'Disable' : 'Enable', of: login, isDanger: isActive, run: turn }]
        : []),
      ...(may('DELETE /accounts/{id}')
        ? [{ label: 'Delete', of: login, isDanger: true, run: remove }]
        : []),
    ];
  };
}
