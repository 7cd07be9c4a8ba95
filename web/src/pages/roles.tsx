/** Roles of a tenant: rules that allow, and rules that deny, which win. */
import { useCallback } from 'react';

import type { RoleView, RuleView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import { managedByColumn } from '../parts/managed-by.tsx';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Listing } from '../parts/listing.tsx';
import { ofTenant, TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { go } from '../shell/router.tsx';
import { RoleEditor } from './role-editor.tsx';

const NOTHING = { items: [], next: null };

export default function Roles() {
  const { call } = useSession();
  const desk = useDesk();
  const choice = useTenant(true);
  const { tenant } = choice;
  const read = useCallback(
    async (asked: Asked, signal: AbortSignal) =>
      tenant === ''
        ? NOTHING
        : await call('GET /tenants/{tenant}/roles', { params: { tenant }, query: asked, signal }),
    [call, tenant],
  );
  const list = useList<RoleView>(read);
  const edit = (role: RoleView | null): void =>
    desk.open(
      role === null ? t('New role in {tenant}', { tenant }) : t('Edit {name}', { name: role.name }),
      (close) => (
        <RoleEditor
          tenant={tenant}
          role={role}
          onDone={() => {
            close();
            desk.say(role === null ? t('The role is there.') : t('The role is changed.'));
            list.reload();
          }}
        />
      ),
      true,
    );
  const actions = useActions(edit, list.reload);
  return (
    <Listing
      caption={t('Roles')}
      list={ofTenant(list, choice)}
      keyOf={({ name }) => name}
      textOf={(role) => JSON.stringify(role)}
      empty={t('No roles in this tenant.')}
      columns={[
        { title: t('Role'), cell: ({ name }) => <code>{name}</code> },
        { title: t('Allows'), cell: ({ allow }) => <Rules rules={allow} /> },
        { title: t('Denies'), cell: ({ deny }) => <Rules rules={deny} /> },
        managedByColumn,
      ]}
      actions={actions}
      tools={
        <>
          <TenantSelect choice={choice} isOne />
          <NewButton
            by="POST /tenants/{tenant}/roles"
            text={t('New role')}
            isDisabled={tenant === ''}
            run={() => edit(null)}
          />
        </>
      }
    />
  );
}

function Rules({ rules }: { readonly rules: readonly RuleView[] }) {
  if (rules.length === 0) return <span className="quiet">{t('nothing')}</span>;
  const texts = rules.map(({ actions, models, when }) =>
    sayingOf(actions.join(', '), models.join(', '), when),
  );
  return <span title={texts.join('\n')}>{texts.join('; ')}</span>;
}

function useActions(
  edit: (role: RoleView) => void,
  reload: () => void,
): (role: RoleView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  return (role) => {
    const { name, tenant, version } = role;
    const isOurs = version !== null && role.managedBy === 'store';
    const remove = (): void =>
      desk.confirm({
        title: t('Delete {name}?', { name }),
        text: t('Nobody may be bound to it any more.'),
        verb: t('Delete the role'),
        isDanger: true,
        run: async () => {
          const params = { tenant, name };
          await call('DELETE /tenants/{tenant}/roles/{name}', { params, version: version ?? 0 });
          reload();
        },
      });
    return [
      ...(may('POST /policy/explain')
        ? [{ label: t('Try'), of: name, run: () => go('explain', { tenant, roles: name }) }]
        : []),
      ...(isOurs && may('PATCH /tenants/{tenant}/roles/{name}')
        ? [{ label: t('Edit'), of: name, run: () => edit(role) }]
        : []),
      ...(isOurs && may('DELETE /tenants/{tenant}/roles/{name}')
        ? [{ label: t('Delete'), of: name, isDanger: true, run: remove }]
        : []),
    ];
  };
}

const sayingOf = (actions: string, models: string, when: string | undefined): string =>
  when === undefined
    ? t('{actions} on {models}', { actions, models })
    : t('{actions} on {models} when {when}', { actions, models, when });
