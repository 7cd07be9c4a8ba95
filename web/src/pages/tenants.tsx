/** Tenants: those of the file, and those that were made here. */
import { useCallback } from 'react';

import type { TenantView } from '../../../src/admin/contract.ts';

import type { Call } from '../api.ts';
import { t } from '../messages/message.ts';
import { managedByColumn } from '../parts/managed-by.tsx';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { type Field, filled, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { download, Maybe, Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { stateText } from '../state-text.ts';

const LIFE_HELP = t('How long a key works at most, such as 90d. Empty: as long as it says.');

const BOUND_FIELD: Field = {
  name: 'boundTokens',
  label: t('Take only tokens that are bound to a certificate or a key'),
  kind: 'tick',
};

export default function Tenants() {
  const { call } = useSession();
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) => call('GET /tenants', { query: asked, signal }),
    [call],
  );
  const list = useList(read);
  const create = useCreate(list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption={t('Tenants')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name }) => `${id} ${name ?? ''}`}
      empty={t('No tenants.')}
      columns={[
        { title: t('Id'), cell: ({ id }) => <code>{id}</code> },
        { title: t('Name'), cell: ({ name }) => <Maybe text={name} /> },
        { title: t('State'), cell: ({ status }) => <State status={status} /> },
        managedByColumn,
        {
          title: t('Keys live'),
          cell: ({ keyLifetimeMax }) => <Maybe text={keyLifetimeMax} none={t('as they say')} />,
        },
        {
          title: t('Tokens'),
          cell: ({ boundTokens }) => (boundTokens ? t('bound only') : t('any')),
        },
        {
          title: t('Made'),
          cell: ({ createdAt }) => <Time at={createdAt} never={t('by the file')} />,
        },
        {
          title: t('In it'),
          cell: ({ id }) => (
            <span className="row">
              <Link page="keys" query={{ tenant: id }}>
                {t('Keys')}
              </Link>
              <Link page="roles" query={{ tenant: id }}>
                {t('Roles')}
              </Link>
            </span>
          ),
        },
      ]}
      actions={actions}
      tools={<NewButton by="POST /tenants" text={t('New tenant')} run={create} />}
    />
  );
}

function State({ status }: Pick<TenantView, 'status'>) {
  return <Pill tone={status === 'active' ? 'good' : 'bad'}>{stateText(status)}</Pill>;
}

function useActions(reload: () => void): (tenant: TenantView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  const changes = useChanges(reload);
  return (tenant) => {
    const { id, version, status } = tenant;
    const exported = (): void => {
      exportOf(call, id)
        .then((text) => download(`tenant-${id}.jsonl`, 'application/jsonl', text))
        .catch(() => desk.say(t('The export failed.'), 'bad'));
    };
    const isActive = status === 'active';
    const isOurs = version !== null && may('PATCH /tenants/{id}');
    return [
      ...(may('GET /tenants/{id}/export') ? [{ label: t('Export'), of: id, run: exported }] : []),
      ...(isOurs ? [{ label: t('Edit'), of: id, run: () => changes.edit(tenant, version) }] : []),
      ...(isOurs
        ? [
            {
              label: isActive ? t('Suspend') : t('Resume'),
              of: id,
              isDanger: isActive,
              run: () => changes.turn(tenant, version),
            },
            {
              label: t('Delete'),
              of: id,
              isDanger: true,
              run: () => changes.remove(tenant, version),
            },
          ]
        : []),
    ];
  };
}

/** Of what the store keeps: what the file declares is edited there. */
function useChanges(reload: () => void) {
  const { call } = useSession();
  const desk = useDesk();
  const edit = ({ id, name, keyLifetimeMax, boundTokens }: TenantView, version: number): void =>
    desk.form({
      title: t('Edit {id}', { id }),
      verb: t('Save'),
      fields: [
        { name: 'name', label: t('Name'), value: name ?? '' },
        {
          name: 'keyLifetimeMax',
          label: t('Longest life of a key'),
          value: keyLifetimeMax ?? '',
          help: LIFE_HELP,
        },
        { ...BOUND_FIELD, value: boundTokens ? 'yes' : '' },
      ],
      submit: async (values) => {
        const body = {
          name: valueOf(values, 'name').trim() || null,
          keyLifetimeMax: valueOf(values, 'keyLifetimeMax').trim() || null,
          boundTokens: valueOf(values, 'boundTokens') === 'yes',
        };
        await call('PATCH /tenants/{id}', { params: { id }, version, body });
        reload();
      },
    });
  const turn = ({ id, status }: TenantView, version: number): void =>
    desk.confirm({
      title: status === 'active' ? t('Suspend {id}?', { id }) : t('Let {id} call again?', { id }),
      text:
        status === 'active'
          ? t(
              'Every call of the tenant is refused from the next one on, and its people are signed out.',
            )
          : t('Its keys and people work again, as they did.'),
      verb: status === 'active' ? t('Suspend the tenant') : t('Resume'),
      isDanger: status === 'active',
      run: async () => {
        const next = status === 'active' ? ('suspended' as const) : ('active' as const);
        await call('PATCH /tenants/{id}', { params: { id }, version, body: { status: next } });
        reload();
      },
    });
  const remove = ({ id }: TenantView, version: number): void =>
    desk.confirm({
      title: t('Delete {id}?', { id }),
      text: t('A tenant must be empty: its keys, people, teams and rules go first.'),
      verb: t('Delete the tenant'),
      isDanger: true,
      run: async () => {
        await call('DELETE /tenants/{id}', { params: { id }, version });
        desk.say(t('The tenant is gone.'));
        reload();
      },
    });
  return { edit, turn, remove };
}

/** Everything of a tenant, one object a line. */
async function exportOf(call: Call, id: string): Promise<string> {
  const lines: string[] = [];
  let after: string | null = null;
  do {
    const query: { limit: string; after?: string } = {
      limit: '200',
      ...(after !== null && { after }),
    };
    const page: { readonly items: readonly unknown[]; readonly next: string | null } = await call(
      'GET /tenants/{id}/export',
      { params: { id }, query },
    );
    lines.push(...page.items.map((item) => `${JSON.stringify(item)}\n`));
    after = page.next;
  } while (after !== null);
  return lines.join('');
}

function useCreate(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: t('New tenant'),
      intro: t(
        'Nothing of one tenant exists for another: people, keys, limits, secrets and records.',
      ),
      verb: t('Make it'),
      fields: [
        {
          name: 'id',
          label: t('Id'),
          isRequired: true,
          help: t('Letters, digits and dashes. It stays.'),
        },
        { name: 'name', label: t('Name') },
        { name: 'keyLifetimeMax', label: t('Longest life of a key'), help: LIFE_HELP },
        BOUND_FIELD,
      ],
      submit: async (values) => {
        const body = {
          id: valueOf(values, 'id').trim(),
          ...filled('name', valueOf(values, 'name')),
          ...filled('keyLifetimeMax', valueOf(values, 'keyLifetimeMax')),
          boundTokens: valueOf(values, 'boundTokens') === 'yes',
        };
        await call('POST /tenants', { body });
        desk.say(t('The tenant is there.'));
        reload();
      },
    });
}
