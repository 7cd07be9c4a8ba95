/** Ctrl K: any page by a few letters of its name, without a mouse. */
import { type KeyboardEvent, useId, useState } from 'react';

import { t } from '../messages/message.ts';
import { Modal } from '../parts/modal.tsx';
import type { PageInfo } from './pages.ts';
import { go } from './router.tsx';

interface PaletteProps {
  readonly pages: readonly PageInfo[];
  readonly onClose: () => void;
}

export function Palette({ pages, onClose }: PaletteProps) {
  const [written, setWritten] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const wanted = written.trim().toLowerCase();
  const found = pages.filter(({ title, about, section }) =>
    `${title} ${section} ${about}`.toLowerCase().includes(wanted),
  );
  const chosen = found[Math.min(at, found.length - 1)];
  const open = (page: PageInfo | undefined): void => {
    if (page === undefined) return;
    onClose();
    go(page.name);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') open(chosen);
    if (step === undefined || found.length === 0) return;
    event.preventDefault();
    setAt((Math.min(at, found.length - 1) + step + found.length) % found.length);
  };
  return (
    <Modal title={t('Go to')} onClose={onClose}>
      <input
        role="combobox"
        aria-label={t('Page')}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={chosen === undefined ? undefined : `${id}-${chosen.name}`}
        autoFocus
        autoComplete="off"
        value={written}
        onChange={(event) => {
          setWritten(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={t('Pages')} className="plain choices">
        {found.map((page) => (
          <li
            key={page.name}
            id={`${id}-${page.name}`}
            role="option"
            aria-selected={page === chosen}
            onClick={() => open(page)}
          >
            <strong>{page.title}</strong> <span className="quiet">{page.about}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="quiet">{t('No page fits.')}</p>}
    </Modal>
  );
}
