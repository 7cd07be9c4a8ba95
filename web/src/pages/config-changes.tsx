/** What was changed through the store, and by whom; what is proposed; and the way back. */
import { useCallback } from 'react';

import type { ConfigChangeView } from '../../../src/admin/config-change-contract.ts';

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
      caption="Changes"
      list={list}
      keyOf={({ id }) => id}
      textOf={(change) => JSON.stringify(change)}
      empty="Nothing was changed here. What the file declares is changed in the file."
      columns={[
        {
          title: 'State',
          cell: ({ state }) => (
            <Pill tone={state === 'applied' ? 'good' : 'warn'}>
              {state === 'applied' ? 'applied' : 'waits for agreement'}
            </Pill>
          ),
        },
        { title: 'What', cell: (change) => <code>{namesOf(change)}</code> },
        { title: 'Proposed by', cell: ({ proposedBy }) => <code>{proposedBy}</code> },
        { title: 'When', cell: ({ proposedAt }) => <Time at={proposedAt} /> },
        { title: 'Applied by', cell: ({ appliedBy }) => <Maybe text={appliedBy} /> },
        { title: 'Applied', cell: ({ appliedAt }) => <Time at={appliedAt} never="not yet" /> },
        { title: 'Note', cell: ({ note, undoes }) => <Maybe text={noteOf(note, undoes)} /> },
      ]}
      actions={actions}
    />
  );
}

const namesOf = ({ entries }: ConfigChangeView): string =>
  entries.map(({ section, name }) => `${section}/${name}`).join(', ');

const noteOf = (note: string | null, undoes: string | null): string | null =>
  undoes === null ? note : 'takes another back';

function useActions(reload: () => void): (change: ConfigChangeView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  const ask = (title: string, text: string, run: () => Promise<unknown>): void =>
    desk.confirm({
      title,
      text,
      verb: 'Do it',
      run: async () => {
        await run();
        desk.say('Done.');
        reload();
      },
    });
  return (change) => {
    const { id, state } = change;
    const of = namesOf(change);
    const look: Action = {
      label: 'Look',
      of,
      run: () => desk.open(of, () => <Entries change={change} />, true),
    };
    if (!may('POST /config-changes')) return [look];
    const params = { id };
    if (state === 'applied') {
      const undo = (): void =>
        ask(
          'Take this change back?',
          `${of} becomes what it was before, if nobody has changed it since. Secrets stay as they are now.`,
          () => call('POST /config-changes/{id}/undo', { params }),
        );
      return [look, { label: 'Take back', of, run: undo }];
    }
    const agree = (): void =>
      ask('Agree to this change?', `${of} is in force at once.`, () =>
        call('POST /config-changes/{id}/agree', { params }),
      );
    const withdraw = (): void =>
      ask('Refuse this change?', `The proposal for ${of} goes; nothing else changes.`, () =>
        call('DELETE /config-changes/{id}', { params }),
      );
    return [
      look,
      { label: 'Agree', of, run: agree },
      { label: 'Refuse', of, isDanger: true, run: withdraw },
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
          <p className="quiet">Before</p>
          <pre className="text">
            {before === null ? 'not there' : JSON.stringify(before, null, 2)}
          </pre>
          <p className="quiet">After</p>
          <pre className="text">
            {value === null ? 'taken out' : JSON.stringify(value, null, 2)}
          </pre>
        </div>
      ))}
    </div>
  );
}
