/**
 * Certificates and revocation lists that change under a running listener: an authority renews them, and
 * nobody restarts a gateway for that. Files are looked at, not watched: they come by rename, by mount and
 * over networks that tell nothing.
 */
import { statSync } from 'node:fs';

import type { Config } from '#config/config.ts';
import type { Listener } from '#server/listener.ts';
import type { Log } from '#telemetry/log.ts';

import { tlsOf } from './listen.ts';

type Tls = NonNullable<Config['server']['tls']>;

const LOOK_MS = 2_000;

/** What tells that a file is another one; empty where it is not there. */
function stamp(path: string | undefined): string {
  if (path === undefined) return '';
  try {
    // The time of its rights too: a file may be there before it can be read.
    const { mtimeMs, ctimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    // It is being replaced: the next look finds the new one, and until then the old one counts.
    return '';
  }
}

const stampOf = ({ cert, key, clientCa, clientCrl }: Tls): string =>
  [cert, key, clientCa, clientCrl].map(stamp).join('|');

/** How to stop looking. `section` is `server` or `admin`, for the log. */
export function watchTls(
  tls: Config['server']['tls'],
  section: string,
  listener: () => Pick<Listener, 'renewTls'> | null,
  log: Log,
): () => void {
  if (tls === null) return () => {};
  let inForce = stampOf(tls);
  /** Those that were refused last, so that the log says it once. */
  let refused: string | null = null;
  const timer = setInterval(() => {
    const now = stampOf(tls);
    if (now === inForce) return;
    try {
      const read = tlsOf(tls, section);
      if (read !== null) listener()?.renewTls(read);
      inForce = now;
      refused = null;
      log.write('info', 'tls-renewed', { reason: section });
    } catch {
      // Files that do not fit each other yet, or that could not be read: the old ones stay, and the next
      // look tries again. A list that failed once must not be a list that never counts.
      if (now === refused) return;
      refused = now;
      log.write('error', 'tls-refused', { reason: section });
    }
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
