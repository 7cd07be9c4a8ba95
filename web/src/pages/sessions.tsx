/** Who is signed in, and an end to a session. */
import { useCallback } from 'react';

import type { PersonSessionView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Listing } from '../parts/listing.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Time } from '../parts.tsx';
import { useSession } from '../session.ts';

export default function Sessions() {
  const { call, may } = useSession();
  const desk = useDesk();
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) => call('GET /sessions', { query: asked, signal }),
    [call],
  );
  const list = useList(read);
  const actions = ({ id, login }: PersonSessionView): readonly Action[] => {
    const end = (): void =>
      desk.confirm({
        title: t('Sign {login} out?', { login }),
        text: t('The session ends at the next request. The person may sign in again.'),
        verb: t('End the session'),
        isDanger: true,
        run: async () => {
          await call('DELETE /sessions/{id}', { params: { id } });
          list.reload();
        },
      });
    return may('DELETE /sessions/{id}')
      ? [{ label: t('End'), of: login, isDanger: true, run: end }]
      : [];
  };
  return (
    <Listing
      caption={t('Sessions')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ login, role, tenant }) => `${login} ${role} ${tenant ?? ''}`}
      empty={t('Nobody is signed in with a session. Admin tokens are under their own page.')}
      columns={[
        { title: t('Who'), cell: ({ login }) => login },
        { title: t('Role'), cell: ({ role }) => role },
        {
          title: t('Tenant'),
          cell: ({ tenant }) => <Maybe text={tenant} none={t('the whole gateway')} />,
        },
        { title: t('Proven by'), cell: ({ proof }) => proof },
        { title: t('Since'), cell: ({ createdAt }) => <Time at={createdAt} /> },
        { title: t('Seen'), cell: ({ seenAt }) => <Time at={seenAt} /> },
        { title: t('Over'), cell: ({ endsAt }) => <Time at={endsAt} /> },
      ]}
      actions={actions}
    />
  );
}
