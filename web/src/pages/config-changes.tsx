/** What was changed through the store, and by whom; what is proposed; and the way back. */
import { useCallback } from 'react';

import type { ConfigChangeView } from '../../../src/admin/config-change-contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Listing } from '../parts/listing.tsx';
import { useList } from '../parts/use-list.ts';
import { Maybe, Pill, Time } from '../parts.tsx';
import { useSession } from '../session.ts';

export function ConfigChanges() {
  const { call } = useSession();
  const read = useCallback(
    async (_asked: object, signal: AbortSignal) => {
      const { items } = await call('GET /config-changes', { signal });
      return { items, next: null };
    },
    [call],
  );
  const list = useList<ConfigChangeView>(read);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption={t('Changes')}
      list={list}
      keyOf={({ id }) => id}
      textOf={(change) => JSON.stringify(change)}
      empty={t('Nothing was changed here. What the file declares is changed in the file.')}
      columns={[
        {
          title: t('State'),
          cell: ({ state }) => (
            <Pill tone={state === 'applied' ? 'good' : 'warn'}>
              {state === 'applied' ? t('applied') : t('waits for agreement')}
            </Pill>
          ),
        },
        { title: t('What'), cell: (change) => <code>{namesOf(change)}</code> },
        { title: t('Proposed by'), cell: ({ proposedBy }) => <code>{proposedBy}</code> },
        { title: t('When'), cell: ({ proposedAt }) => <Time at={proposedAt} /> },
        { title: t('Applied by'), cell: ({ appliedBy }) => <Maybe text={appliedBy} /> },
        {
          title: t('Applied'),
          cell: ({ appliedAt }) => <Time at={appliedAt} never={t('not yet')} />,
        },
        { title: t('Note'), cell: ({ note, undoes }) => <Maybe text={noteOf(note, undoes)} /> },
      ]}
      actions={actions}
    />
  );
}

const namesOf = ({ entries }: ConfigChangeView): string =>
  entries.map(({ section, name }) => `${section}/${name}`).join(', ');

const noteOf = (note: string | null, undoes: string | null): string | null =>
  undoes === null ? note : t('takes another back');

function useActions(reload: () => void): (change: ConfigChangeView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  const ask = (title: string, text: string, run: () => Promise<unknown>): void =>
    desk.confirm({
      title,
      text,
      verb: t('Do it'),
      run: async () => {
        await run();
        desk.say(t('Done.'));
        reload();
      },
    });
  return (change) => {
    const { id, state } = change;
    const of = namesOf(change);
    const look: Action = {
      label: t('Look'),
      of,
      run: () => desk.open(of, () => <Entries change={change} />, true),
    };
    if (!may('POST /config-changes')) return [look];
    const params = { id };
    if (state === 'applied') {
      const undo = (): void =>
        ask(
          t('Take this change back?'),
          t(
            '{of} becomes what it was before, if nobody has changed it since. Secrets stay as they are now.',
            { of },
          ),
          () => call('POST /config-changes/{id}/undo', { params }),
        );
      return [look, { label: t('Take back'), of, run: undo }];
    }
    const agree = (): void =>
      ask(t('Agree to this change?'), t('{of} is in force at once.', { of }), () =>
        call('POST /config-changes/{id}/agree', { params }),
      );
    const withdraw = (): void =>
      ask(
        t('Refuse this change?'),
        t('The proposal for {of} goes; nothing else changes.', { of }),
        () => call('DELETE /config-changes/{id}', { params }),
      );
    return [
      look,
      { label: t('Agree'), of, run: agree },
      { label: t('Refuse'), of, isDanger: true, run: withdraw },
    ];
  };
}

function Entries({ change: { entries } }: { readonly change: ConfigChangeView }) {
  return (
    <div className="stack">
      {entries.map(({ section, name, before, value }) => (
        <div key={`${section}/${name}`} className="stack">
          <h3>
            <code>
              {section}/{name}
            </code>
          </h3>
          <p className="quiet">{t('Before')}</p>
          <pre className="text">
            {before === null ? t('not there') : JSON.stringify(before, null, 2)}
          </pre>
          <p className="quiet">{t('After')}</p>
          <pre className="text">
            {value === null ? t('taken out') : JSON.stringify(value, null, 2)}
          </pre>
        </div>
      ))}
    </div>
  );
}
