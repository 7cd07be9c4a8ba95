/** The keys that secrets are kept under, and the order to wrap everything anew. */
import { useCallback } from 'react';

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
      Wrap anew
    </button>
  );
  return (
    <Panel title="Keys of keys" tools={button}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && (
        <p>
          Root key <code>{value.root ?? 'cannot be asked'}</code>{' '}
          <Pill tone={value.isCurrent ? 'good' : 'warn'}>
            {value.isCurrent ? 'everything is under it' : 'something is under an older one'}
          </Pill>
        </p>
      )}
      {value !== null && value.keys.length > 0 && (
        <DataTable
          caption="Keys of keys"
          rows={value.keys}
          keyOf={({ tenant, number }) => `${tenant ?? ''} ${number}`}
          columns={[
            { title: 'Of', cell: ({ tenant }) => tenant ?? 'the platform' },
            { title: 'Number', isNumber: true, cell: ({ number }) => number },
            { title: 'Secrets', isNumber: true, cell: ({ secrets }) => secrets },
            { title: 'Under', cell: ({ root }) => <code>{root}</code> },
            { title: 'Made', cell: ({ createdAt }) => <Time at={createdAt} /> },
            {
              title: 'State',
              cell: ({ isNewest }) => (
                <Pill tone={isNewest ? 'good' : 'plain'}>{isNewest ? 'newest' : 'older'}</Pill>
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
      title: 'Wrap everything anew',
      intro: 'Nothing stops meanwhile: each secret stays readable under the key that it has.',
      verb: 'Begin',
      fields: [
        { name: 'rotateKeys', label: 'New keys for each tenant', kind: 'tick' },
        { name: 'rotateSecrets', label: 'Seal each secret anew', kind: 'tick' },
      ],
      submit: async (values) => {
        const body = {
          rotateKeys: valueOf(values, 'rotateKeys') === 'yes',
          rotateSecrets: valueOf(values, 'rotateSecrets') === 'yes',
        };
        const { keys, secrets, isComplete } = await call('POST /secrets/rewrap', { body });
        const rest = isComplete ? '' : ' Something is left: do it again.';
        desk.say(`${keys} keys and ${secrets} secrets.${rest}`, isComplete ? 'good' : 'bad');
        reload();
      },
    });
}
