/** The filters of the explorer. What is asked for stands in the address and, as chips, below the fields. */
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';

import { t } from '../messages/message.ts';
import { valuesOf } from '../parts/form-dialog.tsx';
import { useSession } from '../session.ts';
import { type Asked, type Filter, filterText, MAIN_FILTERS, MORE_FILTERS } from './filters.ts';

const textOf = (asked: Asked): string =>
  JSON.stringify(Object.entries(asked).toSorted(([a], [b]) => (a < b ? -1 : 1)));

interface FilterFormProps {
  readonly asked: Asked;
  readonly onAsk: (asked: Asked) => void;
  /** Values that are there, by the name of a filter. */
  readonly known: Readonly<Record<string, readonly string[]>>;
}

export function FilterForm({ asked, onAsk, known }: FilterFormProps) {
  const { rights } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const own = useRef(textOf(asked));
  const [round, setRound] = useState(0);
  const now = textOf(asked);
  useEffect(() => {
    // Asked for elsewhere: by a view, a chip, a link. What was written here stays, and keeps the focus.
    if (own.current === now) return;
    own.current = now;
    setRound((turn) => turn + 1);
  }, [now]);
  const seesPeople = rights.permissions.includes('records.personal');
  const more = MORE_FILTERS.filter(({ isPersonal }) => isPersonal !== true || seesPeople);
  const main = MAIN_FILTERS.filter(({ name }) => name !== 'tenant' || rights.tenant === null);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const next: Record<string, string> = {};
    for (const [name, value] of Object.entries(valuesOf(event.currentTarget))) {
      if (value.trim() !== '') next[name] = value.trim();
    }
    own.current = textOf(next);
    onAsk(next);
  };
  const change = (): void => form.current?.requestSubmit();
  const hasMore = more.some(({ name }) => asked[name] !== undefined);
  return (
    <form ref={form} className="filters" role="search" aria-label={t('Requests')} onSubmit={send}>
      <div key={round} className="stack">
        <div className="filter-row">
          {main.map((filter) => (
            <FilterField key={filter.name} {...{ filter, asked, known, change }} />
          ))}
          <button type="submit" className="main">
            {t('Search')}
          </button>
        </div>
        <details open={hasMore}>
          <summary>{t('More filters')}</summary>
          <div className="filter-row">
            {more.map((filter) => (
              <FilterField key={filter.name} {...{ filter, asked, known, change }} />
            ))}
          </div>
        </details>
        <Chips asked={asked} onAsk={onAsk} />
      </div>
    </form>
  );
}

interface FilterFieldProps {
  readonly filter: Filter;
  readonly asked: Asked;
  readonly known: FilterFormProps['known'];
  readonly change: () => void;
}

function FilterField({ filter, asked, known, change }: FilterFieldProps) {
  const id = useId();
  const { name, label, kind, options = [], help } = filter;
  const value = asked[name] ?? '';
  const suggested = known[name] ?? [];
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      {kind === 'choice' ? (
        <select id={id} name={name} defaultValue={value} onChange={change}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          name={name}
          type={kind === 'time' ? 'datetime-local' : 'text'}
          inputMode={kind === 'number' ? 'decimal' : 'text'}
          defaultValue={value}
          autoComplete="off"
          spellCheck={false}
          {...(help !== undefined && { title: help, placeholder: help })}
          {...(suggested.length > 0 && { list: `${id}-known` })}
        />
      )}
      {suggested.length > 0 && (
        <datalist id={`${id}-known`}>
          {suggested.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </div>
  );
}

function Chips({ asked, onAsk }: Pick<FilterFormProps, 'asked' | 'onAsk'>) {
  const entries = Object.entries(asked);
  // The room for them is always there, so that the rows below do not move.
  if (entries.length === 0)
    return <p className="chips quiet">{t('No filter: the newest first.')}</p>;
  return (
    <ul className="plain chips" aria-label={t('What is asked for')}>
      {entries.map(([name, value]) => (
        <li key={name}>
          <button
            type="button"
            className="chip"
            aria-label={t('Without {name}', { name: filterText(name, value) })}
            onClick={() => onAsk(Object.fromEntries(entries.filter(([other]) => other !== name)))}
          >
            {filterText(name, value)} <span aria-hidden>✕</span>
          </button>
        </li>
      ))}
      <li>
        <button type="button" className="ghost" onClick={() => onAsk({})}>
          {t('Clear all')}
        </button>
      </li>
    </ul>
  );
}
