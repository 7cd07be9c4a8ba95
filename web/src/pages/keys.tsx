/** Keys: what each may do, a new one that is shown once, and an end to one. */
import { useCallback } from 'react';

import type { KeyView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import { Listing } from '../parts/listing.tsx';
import { filled } from '../parts/fields.ts';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { useKeyActions, useNewKey } from './key-forms.tsx';

export default function Keys() {
  const { call } = useSession();
  const choice = useTenant();
  const { tenant } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /keys', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const create = useNewKey(choice, list.reload);
  const actions = useKeyActions(list.reload);
  return (
    <Listing
      caption={t('Keys')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name, tenant: of, user, serviceAccount, team }) =>
        `${id} ${name ?? ''} ${of} ${user ?? ''} ${serviceAccount ?? ''} ${team ?? ''}`
      }
      empty={t('No keys yet. Make the first one.')}
      columns={[
        { title: t('Name'), cell: ({ name }) => <Maybe text={name} none={t('no name')} /> },
        { title: t('Id'), cell: ({ id }) => <code title={id}>{id}</code> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        {
          title: t('Owner'),
          cell: ({ user, serviceAccount, team }) => <Maybe text={user ?? serviceAccount ?? team} />,
        },
        { title: t('Roles'), cell: ({ roles }) => <Maybe text={roles.join(', ')} /> },
        { title: t('State'), cell: (key) => <KeyState of={key} /> },
        { title: t('Last used'), cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
        { title: t('Expires'), cell: ({ expiresAt }) => <Time at={expiresAt} /> },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /keys" text={t('New key')} run={create} />
        </>
      }
    />
  );
}

function KeyState({ of }: { readonly of: KeyView }) {
  if (of.revokedAt !== null) return <Pill tone="bad">{t('revoked')}</Pill>;
  const isPast = of.expiresAt !== null && Date.parse(of.expiresAt) <= Date.now();
  if (isPast) return <Pill tone="warn">{t('expired')}</Pill>;
  if (of.isHoney) return <Pill tone="warn">{t('honey: works for nobody')}</Pill>;
  if (of.quarantinedAt !== null) return <Pill tone="bad">{t('put aside')}</Pill>;
  const isNarrow = of.scope !== null || of.parent !== null;
  return <Pill tone="good">{isNarrow ? t('works, cut down') : t('works')}</Pill>;
}
