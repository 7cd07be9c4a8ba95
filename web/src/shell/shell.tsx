/** The frame around every page: where one may go, where one is, and the way out. */
import { Suspense, useCallback, useEffect, useRef, useState } from 'react';

import { LanguageSelect } from '../messages/language-select.tsx';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { useSession } from '../session.ts';
import { ThemeToggle } from '../theme.tsx';
import { useLoaded } from '../use-loaded.ts';
import { Palette } from './palette.tsx';
import { PageBoundary } from './page-boundary.tsx';
import { FIRST_STEPS, type PageInfo, PAGES, SECTIONS } from './pages.ts';
import { Link, usePlace } from './router.tsx';

interface ShellProps {
  readonly signOut: () => void;
}

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Shell({ signOut }: ShellProps) {
  const { may, me, rights } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const pages = PAGES.filter(({ needs }) => needs.every(may));
  const { page: asked } = usePlace();
  const home = useHome(pages, asked === '');
  const page = asked === '' ? home : pages.find(({ name }) => name === asked);
  useShortcut(setIsAsking);
  return (
    <div className="shell">
      <a className="skip" href="#page">
        {t('Skip to the page')}
      </a>
      <Sidebar pages={pages} current={page} />
      <header className="bar">
        <Crumbs page={page} />
        <div className="row">
          <button type="button" className="ghost" onClick={() => setIsAsking(true)}>
            {t('Go to…')} <kbd>Ctrl K</kbd>
          </button>
          <span className="who quiet" title={rights.tenant ?? t('the whole gateway')}>
            {me?.session.login ?? t('admin token')} · {rights.role}
            {rights.tenant !== null && t(' of {tenant}', { tenant: rights.tenant })}
          </span>
          {me !== null && <LanguageSelect />}
          <ThemeToggle />
          <button type="button" onClick={signOut}>
            {t('Sign out')}
          </button>
        </div>
      </header>
      <Main page={page} />
      <footer className="foot quiet">{rich('Times are in {zone}.', { zone })}</footer>
      {isAsking && <Palette pages={pages} onClose={() => setIsAsking(false)} />}
    </div>
  );
}

/** The first steps, until a call has come through; null: that is being asked. */
function useHome(pages: readonly PageInfo[], isAsked: boolean): PageInfo | null | undefined {
  const { call } = useSession();
  const [first] = pages;
  const steps = pages.find(({ name }) => name === FIRST_STEPS);
  const isNew = isAsked && steps !== undefined;
  const read = useCallback(
    async (signal: AbortSignal) => {
      const query = { kind: 'complete', limit: '1' } as const;
      return isNew ? (await call('GET /audit/records', { query, signal })).items.length > 0 : true;
    },
    [call, isNew],
  );
  const { value: hasCalls, problem } = useLoaded(read);
  if (!isNew || hasCalls === true || problem !== null) return first;
  return hasCalls === null ? null : steps;
}

function useShortcut(setIsAsking: (next: boolean) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      // One modal at a time: a question that is open wants its answer first.
      if (document.querySelector('dialog[open]') === null) setIsAsking(true);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [setIsAsking]);
}

interface PageProps {
  /** Undefined: there is none. Null: which one is being asked. */
  readonly page: PageInfo | null | undefined;
}

function Sidebar({ pages, current }: SidebarProps) {
  return (
    <nav className="side" aria-label={t('Pages')}>
      <p className="brand">{t('LLMProxy')}</p>
      {SECTIONS.map((section) => {
        const own = pages.filter((page) => page.section === section);
        if (own.length === 0) return null;
        return (
          <div key={section}>
            <h2>{section}</h2>
            <ul className="plain">
              {own.map(({ name, title }) => (
                <li key={name}>
                  <Link page={name} isCurrent={current?.name === name}>
                    {title}
                    {name === 'approvals' && <WaitingCount />}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

interface SidebarProps {
  readonly pages: readonly PageInfo[];
  readonly current: PageInfo | null | undefined;
}

const COUNT_EVERY_MS = 10_000;

/** A caller waits for each: whoever may decide should see that from any page. */
function WaitingCount() {
  const { call } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /approvals', { signal }), [call]);
  const waiting = useLoaded(read, COUNT_EVERY_MS).value?.items.length ?? 0;
  if (waiting === 0) return null;
  return (
    <span className="badge">
      {waiting} <span className="hidden">{t('waiting')}</span>
    </span>
  );
}

function Crumbs({ page }: PageProps) {
  return (
    <nav aria-label={t('Where you are')}>
      <ol className="crumbs plain">
        <li className="quiet">{page?.section ?? t('LLMProxy')}</li>
        <li aria-current="page">{page === null ? '…' : (page?.title ?? t('Not found'))}</li>
      </ol>
    </nav>
  );
}

function Main({ page }: PageProps) {
  const title = useRef<HTMLHeadingElement>(null);
  const shown = page === null ? t('One moment') : (page?.title ?? t('Not found'));
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${shown} · LLMProxy`;
    // Who reads by ear is told where the click has led; the first page is read anyway.
    if (!isFirst.current) title.current?.focus();
    isFirst.current = false;
  }, [shown]);
  return (
    <main id="page">
      <div className="page-head">
        <h1 ref={title} tabIndex={-1}>
          {shown}
        </h1>
        <p className="quiet">
          {page === null
            ? t('Looking where you are needed.')
            : (page?.about ?? t('There is no such page, or your role does not permit it.'))}
        </p>
      </div>
      {page === null && <Skeleton />}
      {page !== undefined && page !== null && (
        <PageBoundary key={page.name}>
          <Suspense fallback={<Skeleton />}>
            <page.View />
          </Suspense>
        </PageBoundary>
      )}
    </main>
  );
}
