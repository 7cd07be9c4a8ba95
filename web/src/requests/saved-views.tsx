/** Searches that one keeps under a name. The gateway keeps them, so that they are there on any machine. */
import { useCallback } from 'react';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { useDesk } from '../parts/desk.tsx';
import { valueOf } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { type Asked, filterText } from './filters.ts';

interface SavedViewsProps {
  readonly asked: Asked;
  readonly onAsk: (asked: Asked) => void;
}

const orderedText = (query: Asked): string =>
  JSON.stringify(Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const nameField = {
  name: 'name',
  label: t('Name'),
  isRequired: true,
  help: t('The same name replaces.'),
};

export function SavedViews({ asked, onAsk }: SavedViewsProps) {
  const { call } = useSession();
  const desk = useDesk();
  const read = useCallback((signal: AbortSignal) => call('GET /views', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read);
  const views = value?.items ?? [];
  const current = views.find(({ query }) => orderedText(query) === orderedText(asked));
  const isNothing = Object.keys(asked).length === 0;
  const save = (): void =>
    desk.form({
      title: t('Keep this search'),
      intro: Object.entries(asked)
        .map(([name, text]) => filterText(name, text))
        .join(', '),
      verb: t('Keep it'),
      fields: [nameField],
      submit: async (values) => {
        const body = { name: valueOf(values, 'name').trim(), query: asked };
        await call('POST /views', { body });
        reload();
      },
    });
  const forget = (id: string): void => {
    call('DELETE /views/{id}', { params: { id } })
      .then(reload)
      .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
  };
  return (
    <div className="tabs" role="group" aria-label={t('Saved views')}>
      <button type="button" className="tab" aria-pressed={isNothing} onClick={() => onAsk({})}>
        {t('All requests')}
      </button>
      {views.map((view) => (
        <button
          key={view.id}
          type="button"
          className="tab"
          aria-pressed={view === current}
          onClick={() => onAsk(view.query)}
        >
          {view.name}
        </button>
      ))}
      {current !== undefined && (
        <button type="button" className="ghost" onClick={() => forget(current.id)}>
          {t('Forget “{name}”', { name: current.name })}
        </button>
      )}
      {current === undefined && !isNothing && (
        <button type="button" className="ghost" onClick={save}>
          {t('Keep this search')}
        </button>
      )}
      {problem !== null && (
        <span className="quiet">{rich('Saved views cannot be read. {problem}', { problem })}</span>
      )}
    </div>
  );
}
