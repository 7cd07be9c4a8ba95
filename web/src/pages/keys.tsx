/** Keys: what each may do, a new one that is shown once, and an end to one. */
import { useCallback } from 'react';

import type { KeyView } from '../../../src/admin/contract.ts';

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
      caption="Keys"
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name, tenant: of, user, team }) =>
        `${id} ${name ?? ''} ${of} ${user ?? ''} ${team ?? ''}`
      }
      empty="No keys yet. Make the first one."
      columns={[
        { title: 'Name', cell: ({ name }) => <Maybe text={name} none="no name" /> },
        { title: 'Id', cell: ({ id }) => <code title={id}>{id}</code> },
        { title: 'Tenant', cell: ({ tenant: of }) => of },
        { title: 'Owner', cell: ({ user, team }) => <Maybe text={user ?? team} /> },
        { title: 'Roles', cell: ({ roles }) => <Maybe text={roles.join(', ')} /> },
        { title: 'State', cell: (key) => <KeyState of={key} /> },
        { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
        { title: 'Expires', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} />
          <NewButton by="POST /keys" text="New key" run={create} />
        </>
      }
    />
  );
}

function KeyState({ of }: { readonly of: KeyView }) {
  if (of.revokedAt !== null) return <Pill tone="bad">revoked</Pill>;
  const isPast = of.expiresAt !== null && Date.parse(of.expiresAt) <= Date.now();
  if (isPast) return <Pill tone="warn">expired</Pill>;
  if (of.isHoney) return <Pill tone="warn">honey: works for nobody</Pill>;
  if (of.quarantinedAt !== null) return <Pill tone="bad">put aside</Pill>;
  const isNarrow = of.scope !== null || of.parent !== null;
  return <Pill tone="good">{isNarrow ? 'works, cut down' : 'works'}</Pill>;
}
