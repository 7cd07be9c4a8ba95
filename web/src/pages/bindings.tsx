/** Bindings: who has which role. */
import { useCallback } from 'react';

import type { BindingView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import { managedByColumn } from '../parts/managed-by.tsx';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import {
  type Field,
  filled,
  FormProblem,
  tenantField,
  type Values,
  valueOf,
  wordsOf,
} from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { claimsText, readClaims } from './bound-claims.ts';

const subjectFields = (binding: BindingView | null): readonly Field[] => [
  {
    name: 'users',
    label: t('Users'),
    value: (binding?.users ?? []).join(', '),
    help: t('Separated by commas; * is everybody.'),
  },
  {
    name: 'serviceAccounts',
    label: t('Service accounts'),
    value: (binding?.serviceAccounts ?? []).join(', '),
    help: t('By name.'),
  },
  { name: 'teams', label: t('Teams'), value: (binding?.teams ?? []).join(', ') },
  { name: 'keys', label: t('Keys'), value: (binding?.keys ?? []).join(', ') },
  {
    name: 'claims',
    label: t('Claims'),
    kind: 'area',
    value: claimsText(binding?.claims ?? {}),
    help: t(
      'A claim a line, such as department: risk | audit. Of each one that is named, one value must be in the token.',
    ),
  },
];

function claimsOf(values: Values) {
  const read = readClaims(valueOf(values, 'claims'));
  if ('claims' in read) return read.claims;
  throw new FormProblem(
    t('Line {line} of the claims is none: write name: value | value.', { line: read.line }),
  );
}

const subjectsOf = (values: Values) => ({
  users: wordsOf(valueOf(values, 'users')),
  serviceAccounts: wordsOf(valueOf(values, 'serviceAccounts')),
  teams: wordsOf(valueOf(values, 'teams')),
  keys: wordsOf(valueOf(values, 'keys')),
  claims: claimsOf(values),
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
      caption={t('Bindings')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ role, users, serviceAccounts, teams, keys, claims }) =>
        [role, ...users, ...serviceAccounts, ...teams, ...keys, claimsText(claims, ', ')].join(' ')
      }
      empty={t('Nobody has a role by a binding.')}
      columns={[
        { title: t('Role'), cell: ({ role }) => <code>{role}</code> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        { title: t('Users'), cell: ({ users }) => <Maybe text={users.join(', ')} /> },
        {
          title: t('Service accounts'),
          cell: ({ serviceAccounts }) => <Maybe text={serviceAccounts.join(', ')} />,
        },
        { title: t('Teams'), cell: ({ teams }) => <Maybe text={teams.join(', ')} /> },
        { title: t('Keys'), cell: ({ keys }) => <Maybe text={keys.join(', ')} /> },
        { title: t('Claims'), cell: ({ claims }) => <Maybe text={claimsText(claims, ', ')} /> },
        managedByColumn,
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /bindings" text={t('New binding')} run={create} />
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
      title: t('New binding'),
      verb: t('Bind'),
      fields: [
        tenantField(tenants, tenant),
        { name: 'role', label: t('Role'), isRequired: true },
        ...subjectFields(null),
      ],
      submit: async (values) => {
        const body = {
          tenant: valueOf(values, 'tenant'),
          role: valueOf(values, 'role').trim(),
          ...subjectsOf(values),
        };
        await call('POST /bindings', { body });
        desk.say(t('The role is given.'));
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
        title: t('Who is {role}?', { role }),
        verb: t('Save'),
        fields: subjectFields(binding),
        submit: async (values) => {
          await call('PATCH /bindings/{id}', { params, version, body: subjectsOf(values) });
          reload();
        },
      });
    const remove = (): void =>
      desk.confirm({
        title: t('Take {role} away?', { role }),
        text: t('From everybody whom this binding names, from their next call on.'),
        verb: t('Delete the binding'),
        isDanger: true,
        run: async () => {
          await call('DELETE /bindings/{id}', { params, version });
          reload();
        },
      });
    return [
      ...(may('PATCH /bindings/{id}') ? [{ label: t('Edit'), of: role, run: edit }] : []),
      ...(may('DELETE /bindings/{id}')
        ? [{ label: t('Delete'), of: role, isDanger: true, run: remove }]
        : []),
    ];
  };
}
