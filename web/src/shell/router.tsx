/**
 * Where in the dashboard somebody is. A page is the last segment of the address and nothing below
 * it, so that addresses relative to the page (assets, the API) hold under any path prefix.
 */
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

export interface Place {
  readonly page: string;
  readonly query: URLSearchParams;
}

export type Query = Readonly<Record<string, string | undefined>>;

const listeners = new Set<() => void>();
const told = (): void => {
  for (const listener of listeners) listener();
};
window.addEventListener('popstate', told);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const read = (): string => `${window.location.pathname}${window.location.search}`;

export function usePlace(): Place {
  const [path = '', search = ''] = useSyncExternalStore(subscribe, read).split('?');
  return { page: path.slice(path.lastIndexOf('/') + 1), query: new URLSearchParams(search) };
}

export function addressOf(page: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, value);
  }
  return `./${page}${search.size === 0 ? '' : `?${search.toString()}`}`;
}

export function go(page: string, query: Query = {}): void {
  window.history.pushState(null, '', addressOf(page, query));
  told();
}

/** A choice within a page: it is in the address, and the way back does not stop at each of them. */
export function choose(page: string, query: Query): void {
  window.history.replaceState(null, '', addressOf(page, query));
  told();
}

interface LinkProps {
  readonly page: string;
  readonly query?: Query;
  readonly isCurrent?: boolean;
  /** In a grid, where the arrow keys lead to it. */
  readonly isQuiet?: boolean;
  readonly children: ReactNode;
}

export function Link(props: LinkProps) {
  const { page, query = {}, isCurrent = false, isQuiet = false, children } = props;
  const follow = (event: MouseEvent): void => {
    // A new tab or window is the browser's business.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(page, query);
  };
  return (
    <a
      href={addressOf(page, query)}
      onClick={follow}
      {...(isCurrent && { 'aria-current': 'page' as const })}
      {...(isQuiet && { tabIndex: -1 })}
    >
      {children}
    </a>
  );
}
