/** The forms of keys: a new one, what one may do, another secret for it, and its end. */
import type { KeyOnce, KeyScopeView, KeyView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { type Desk, useDesk } from '../parts/desk.tsx';
import { type Field, filled, tenantField, type Values, valueOf, wordsOf } from '../parts/fields.ts';
import type { TenantChoice } from '../parts/tenants.tsx';
import { useSession } from '../session.ts';

const SHOWN = t('The key. Copy it now: it is shown this once and kept nowhere.');

const showKey = (desk: Desk, { key }: KeyOnce): void => desk.once({ label: SHOWN, secret: key });

const list = (words: readonly string[] | null | undefined): string => (words ?? []).join(', ');

const scopeFields = (scope: KeyScopeView | null): readonly Field[] => [
  {
    name: 'scope.models',
    label: t('Only these models'),
    value: list(scope?.models),
    help: t('Separated by commas; * stands for any characters. Empty: all that its roles allow.'),
  },
  { name: 'scope.tools', label: t('Only these tools'), value: list(scope?.tools) },
  {
    name: 'scope.networks',
    label: t('Only from these addresses'),
    value: list(scope?.networks),
    help: t('Such as 10.0.0.0/8, 192.0.2.7.'),
  },
  {
    name: 'scope.hours',
    label: t('Only at these hours'),
    value: list(scope?.hours),
    help: t('Such as mon-fri 08:00-18:00, in the time zone of the tenant.'),
  },
  { name: 'scope.when', label: t('Only when (CEL)'), value: scope?.when ?? '' },
];

/** Null: not cut down. What this form does not show stays as it is. */
function scopeOf(values: Values, before: KeyScopeView | null) {
  const lists = (['models', 'tools', 'networks', 'hours'] as const).map(
    (name) => [name, wordsOf(valueOf(values, `scope.${name}`))] as const,
  );
  const scope = {
    ...keptActions(before),
    ...Object.fromEntries(lists.filter(([, words]) => words.length > 0)),
    ...filled('when', valueOf(values, 'scope.when')),
  };
  return Object.keys(scope).length === 0 ? null : scope;
}

const ACTIONS = ['chat', 'embeddings', 'count-tokens', 'models', '*'] as const;

function keptActions(before: KeyScopeView | null) {
  const actions = before?.actions ?? null;
  return actions === null ? {} : { actions: ACTIONS.filter((one) => actions.includes(one)) };
}

export function useNewKey({ tenants, tenant }: TenantChoice, reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: t('New key'),
      verb: t('Make the key'),
      fields: [
        tenantField(tenants, tenant),
        { name: 'name', label: t('Name'), help: t('For people: what the key is for.') },
        { name: 'user', label: t('User') },
        {
          name: 'serviceAccount',
          label: t('Service account'),
          help: t('Its name, in place of a user.'),
        },
        { name: 'team', label: t('Team') },
        {
          name: 'roles',
          label: t('Roles'),
          help: t('Separated by commas. Bindings may give more.'),
        },
        { name: 'expires', label: t('Lives'), help: t('Such as 90d or 12h.') },
        ...scopeFields(null),
        {
          name: 'isHoney',
          label: t('A honey key: works for nobody, and raises an alert when it is used'),
          kind: 'tick',
        },
      ],
      submit: async (values) => {
        const roles = wordsOf(valueOf(values, 'roles'));
        const body = {
          tenant: valueOf(values, 'tenant'),
          ...filled('name', valueOf(values, 'name')),
          ...filled('user', valueOf(values, 'user')),
          ...filled('serviceAccount', valueOf(values, 'serviceAccount')),
          ...filled('team', valueOf(values, 'team')),
          ...filled('expires', valueOf(values, 'expires')),
          ...(roles.length > 0 && { roles }),
          ...(valueOf(values, 'isHoney') === 'yes' && { isHoney: true }),
          scope: scopeOf(values, null),
        };
        const made = await call('POST /keys', { body });
        reload();
        showKey(desk, made);
      },
    });
}

export function useKeyActions(reload: () => void): (key: KeyView) => readonly Action[] {
  const { may } = useSession();
  const { edit, rotate } = useKeyChanges(reload);
  const { revoke, release } = useKeyEnds(reload);
  return (key) => {
    const of = key.name ?? key.id;
    if (key.revokedAt !== null) return [];
    const isAside = key.quarantinedAt !== null;
    return [
      ...(isAside && may('POST /keys/{id}/release')
        ? [{ label: t('Release'), of, run: () => release(key) }]
        : []),
      ...(may('PATCH /keys/{id}') ? [{ label: t('Edit'), of, run: () => edit(key) }] : []),
      ...(may('POST /keys/{id}/rotate')
        ? [{ label: t('Rotate'), of, run: () => rotate(key) }]
        : []),
      ...(may('DELETE /keys/{id}')
        ? [{ label: t('Revoke'), of, isDanger: true, run: () => revoke(key) }]
        : []),
    ];
  };
}

function useKeyChanges(reload: () => void) {
  const { call } = useSession();
  const desk = useDesk();
  const edit = ({ id, name, roles, scope, version }: KeyView): void =>
    desk.form({
      title: t('Edit {name}', { name: name ?? id }),
      intro: t('It holds from the next call on. Keys below this one are narrowed with it.'),
      verb: t('Save'),
      fields: [
        { name: 'name', label: t('Name'), value: name ?? '' },
        { name: 'roles', label: t('Roles'), value: list(roles) },
        ...scopeFields(scope),
      ],
      submit: async (values) => {
        const body = {
          name: valueOf(values, 'name').trim() || null,
          roles: wordsOf(valueOf(values, 'roles')),
          scope: scopeOf(values, scope),
        };
        await call('PATCH /keys/{id}', { params: { id }, version, body });
        desk.say(t('The key is changed.'));
        reload();
      },
    });
  const rotate = ({ id, name, version }: KeyView): void =>
    desk.form({
      title: t('A new secret for {name}', { name: name ?? id }),
      verb: t('Rotate'),
      fields: [
        {
          name: 'overlap',
          label: t('The old secret still works for'),
          value: '24h',
          isRequired: true,
          help: t('0s to 30d.'),
        },
      ],
      submit: async (values) => {
        const body = { overlap: valueOf(values, 'overlap').trim() };
        const made = await call('POST /keys/{id}/rotate', { params: { id }, version, body });
        reload();
        showKey(desk, made);
      },
    });
  return { edit, rotate };
}

function useKeyEnds(reload: () => void) {
  const { call } = useSession();
  const desk = useDesk();
  const revoke = ({ id, name, version }: KeyView): void =>
    desk.confirm({
      title: t('Revoke {name}?', { name: name ?? id }),
      text: t('It cannot be taken back. Keys below it go with it, and running streams end.'),
      verb: t('Revoke for good'),
      isDanger: true,
      run: async () => {
        await call('DELETE /keys/{id}', { params: { id }, version });
        desk.say(t('The key is revoked.'));
        reload();
      },
    });
  /** The gateway has put it aside for what it was used for; somebody has looked. */
  const release = ({ id, name, version }: KeyView): void =>
    desk.confirm({
      title: t('Let {name} work again?', { name: name ?? id }),
      text: t('The gateway has put it aside for what it was used for. Look into the log first.'),
      verb: t('Release'),
      run: async () => {
        await call('POST /keys/{id}/release', { params: { id }, version });
        reload();
      },
    });
  return { revoke, release };
}
