/**
 * Whether a request that changes something came from a page of this very listener. A cookie goes
 * along with whatever page asks, so with a cookie `Origin` must be there and be ours; a program that
 * holds a token sends no such header, and no page can make it.
 */
import type { IncomingMessage } from 'node:http';

const SAFE = new Set(['GET', 'HEAD']);

export const isSafe = (method: string | undefined): boolean => SAFE.has(method ?? '');

export function isFromOwnPage({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return false;
  return isOwnOrigin(origin, host);
}

/** `Host` was compared with the names that are served before this: it is no attacker's choice. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || host === undefined) return false;
  const own = host.toLowerCase();
  return origin === `https://${own}` || origin === `http://${own}`;
}
