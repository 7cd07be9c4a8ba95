/** Admin tokens: what programs call the admin API with. */
import { useCallback } from 'react';

import type { AdminTokenView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { roleOf, roleOptions } from './roles-given.ts';

export default function Tokens() {
  const { call, may } = useSession();
  const desk = useDesk();
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) => call('GET /admin-tokens', { query: asked, signal }),
    [call],
  );
  const list = useList(read);
  const create = useCreate(list.reload);
  const actions = ({ id, version, revokedAt }: AdminTokenView): readonly Action[] => {
    const revoke = (): void =>
      desk.confirm({
        title: t('Revoke {id}?', { id }),
        text: t(
          'The token is refused from its next call on. If you are signed in with it, you are out.',
        ),
        verb: t('Revoke for good'),
        isDanger: true,
        run: async () => {
          await call('DELETE /admin-tokens/{id}', { params: { id }, version });
          list.reload();
        },
      });
    return revokedAt === null && may('DELETE /admin-tokens/{id}')
      ? [{ label: t('Revoke'), of: id, isDanger: true, run: revoke }]
      : [];
  };
  return (
    <Listing
      caption={t('Admin tokens')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, role, tenant }) => `${id} ${role} ${tenant ?? ''}`}
      empty={t('No admin tokens.')}
      columns={[
        { title: t('Id'), cell: ({ id }) => <code title={id}>{id}</code> },
        { title: t('Role'), cell: ({ role }) => role },
        {
          title: t('Tenant'),
          cell: ({ tenant }) => <Maybe text={tenant} none={t('the whole gateway')} />,
        },
        { title: t('State'), cell: (token) => <TokenState token={token} /> },
        { title: t('Made'), cell: ({ createdAt }) => <Time at={createdAt} /> },
        { title: t('Exchanged'), cell: ({ usedAt }) => <Time at={usedAt} /> },
        { title: t('Expires'), cell: ({ expiresAt }) => <Time at={expiresAt} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /admin-tokens" text={t('New token')} run={create} />}
    />
  );
}

function TokenState({ token }: { readonly token: AdminTokenView }) {
  const { revokedAt, expiresAt, isOneTime, usedAt } = token;
  if (revokedAt !== null) return <Pill tone="bad">{t('revoked')}</Pill>;
  if (isOneTime && usedAt !== null) return <Pill tone="plain">{t('burnt')}</Pill>;
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) {
    return <Pill tone="warn">{t('expired')}</Pill>;
  }
  return <Pill tone="good">{isOneTime ? t('works once') : t('works')}</Pill>;
}

function useCreate(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  return () =>
    desk.form({
      title: t('New admin token'),
      verb: t('Make it'),
      fields: [
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
        { name: 'expires', label: t('Lives'), help: t('Such as 30d.') },
      ],
      submit: async (values) => {
        const body = {
          role: roleOf(valueOf(values, 'role')),
          ...filled('tenant', valueOf(values, 'tenant')),
          ...filled('expires', valueOf(values, 'expires')),
        };
        const { token } = await call('POST /admin-tokens', { body });
        reload();
        desk.once({
          label: t('The admin token. It is shown this once and kept nowhere.'),
          secret: token,
        });
      },
    });
}
