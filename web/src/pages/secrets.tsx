/** Secrets that tenants bring for providers: set, never shown. And what they are kept under. */
import { useCallback } from 'react';

import type { ProviderSecretView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { ofTenant, TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { SecretKeys } from './secret-keys.tsx';

const NOTHING = { items: [], next: null };

export default function Secrets() {
  const { call, may } = useSession();
  const choice = useTenant(true);
  const { tenant } = choice;
  const read = useCallback(
    async (asked: Asked, signal: AbortSignal) => {
      if (tenant === '') return NOTHING;
      const params = { tenant };
      return await call('GET /tenants/{tenant}/provider-secrets', { params, query: asked, signal });
    },
    [call, tenant],
  );
  const list = useList<ProviderSecretView>(read);
  const { set, actions } = useChanges(tenant, list.reload);
  return (
    <>
      <Listing
        caption={t('Provider secrets')}
        list={ofTenant(list, choice)}
        keyOf={({ provider }) => provider}
        empty={t('This tenant has brought none: its calls use those of the platform.')}
        columns={[
          { title: t('Provider'), cell: ({ provider }) => <code>{provider}</code> },
          { title: t('Goes to'), cell: ({ origin }) => <code>{origin}</code> },
          { title: t('Set'), cell: ({ setAt }) => <Time at={setAt} /> },
          { title: t('Times set'), isNumber: true, cell: ({ secretVersion }) => secretVersion },
        ]}
        actions={actions}
        tools={
          <>
            <TenantSelect choice={choice} isOne />
            <NewButton
              by="POST /tenants/{tenant}/provider-secrets"
              text={t('Set a secret')}
              isDisabled={tenant === ''}
              run={() => set('')}
            />
          </>
        }
      />
      {may('GET /secrets') && <SecretKeys />}
    </>
  );
}

function useChanges(tenant: string, reload: () => void) {
  const { call, may } = useSession();
  const desk = useDesk();
  const set = (provider: string): void =>
    desk.form({
      title:
        provider === ''
          ? t('A secret of {tenant}', { tenant })
          : t('Another secret for {provider}', { provider }),
      intro: t(
        'It is encrypted before it is kept, goes to the origin of its provider alone, and is never shown again.',
      ),
      verb: t('Keep it'),
      fields: [
        { name: 'provider', label: t('Provider'), value: provider, isRequired: true },
        { name: 'secret', label: t('Secret'), kind: 'secret', isRequired: true },
      ],
      submit: async (values) => {
        const body = {
          provider: valueOf(values, 'provider').trim(),
          secret: valueOf(values, 'secret'),
        };
        await call('POST /tenants/{tenant}/provider-secrets', { params: { tenant }, body });
        desk.say(t('The secret is kept, and in use from the next call on.'));
        reload();
      },
    });
  const actions = ({ provider, version }: ProviderSecretView): readonly Action[] => {
    const remove = (): void =>
      desk.confirm({
        title: t('Remove the secret for {provider}?', { provider }),
        text: t(
          'The calls of the tenant go on with the secret of the platform, where there is one.',
        ),
        verb: t('Remove it'),
        isDanger: true,
        run: async () => {
          const params = { tenant, name: provider };
          await call('DELETE /tenants/{tenant}/provider-secrets/{name}', { params, version });
          reload();
        },
      });
    return [
      ...(may('POST /tenants/{tenant}/provider-secrets')
        ? [{ label: t('Replace'), of: provider, run: () => set(provider) }]
        : []),
      ...(may('DELETE /tenants/{tenant}/provider-secrets/{name}')
        ? [{ label: t('Remove'), of: provider, isDanger: true, run: remove }]
        : []),
    ];
  };
  return { set, actions };
}
