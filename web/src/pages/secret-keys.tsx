/** The keys that secrets are kept under, and the order to wrap everything anew. */
import { useCallback } from 'react';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { valueOf } from '../parts/fields.ts';
import { Skeleton } from '../parts/listing.tsx';
import { Panel, Pill, ProblemBar, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';

export function SecretKeys() {
  const { call, may } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /secrets', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read);
  const rewrap = useRewrap(reload);
  const button = may('POST /secrets/rewrap') && (
    <button type="button" onClick={rewrap}>
      {t('Wrap anew')}
    </button>
  );
  return (
    <Panel title={t('Keys of keys')} tools={button}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && (
        <p>
          {rich('Root key {root} {pill}', {
            root: <code>{value.root ?? t('cannot be asked')}</code>,
            pill: (
              <Pill tone={value.isCurrent ? 'good' : 'warn'}>
                {value.isCurrent
                  ? t('everything is under it')
                  : t('something is under an older one')}
              </Pill>
            ),
          })}
        </p>
      )}
      {value !== null && value.keys.length > 0 && (
        <DataTable
          caption={t('Keys of keys')}
          rows={value.keys}
          keyOf={({ tenant, number }) => `${tenant ?? ''} ${number}`}
          columns={[
            { title: t('Of'), cell: ({ tenant }) => tenant ?? t('the platform') },
            { title: t('Number'), isNumber: true, cell: ({ number }) => number },
            { title: t('Secrets'), isNumber: true, cell: ({ secrets }) => secrets },
            { title: t('Under'), cell: ({ root }) => <code>{root}</code> },
            { title: t('Made'), cell: ({ createdAt }) => <Time at={createdAt} /> },
            {
              title: t('State'),
              cell: ({ isNewest }) => (
                <Pill tone={isNewest ? 'good' : 'plain'}>
                  {isNewest ? t('newest') : t('older')}
                </Pill>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function useRewrap(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  return () =>
    desk.form({
      title: t('Wrap everything anew'),
      intro: t('Nothing stops meanwhile: each secret stays readable under the key that it has.'),
      verb: t('Begin'),
      fields: [
        { name: 'rotateKeys', label: t('New keys for each tenant'), kind: 'tick' },
        { name: 'rotateSecrets', label: t('Seal each secret anew'), kind: 'tick' },
      ],
      submit: async (values) => {
        const body = {
          rotateKeys: valueOf(values, 'rotateKeys') === 'yes',
          rotateSecrets: valueOf(values, 'rotateSecrets') === 'yes',
        };
        const { keys, secrets, isComplete } = await call('POST /secrets/rewrap', { body });
        const rest = isComplete ? '' : t(' Something is left: do it again.');
        desk.say(
          t('{keys} keys and {secrets} secrets.{rest}', { keys, secrets, rest }),
          isComplete ? 'good' : 'bad',
        );
        reload();
      },
    });
}
