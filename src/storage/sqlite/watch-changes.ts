/**
 * Tells of changes, ours and those of other processes.
 *
 * Every change writes an outbox row, and the numbers of those never go back, also for rows that are
 * gone. `data_version` would move with each binding of an id as well, and whoever makes those would
 * have the whole directory read again.
 */
import type { DatabaseSync } from 'node:sqlite';

const POLL_MS = 250;
const UNREAD = Symbol('unread');

export function watchChanges(reader: DatabaseSync) {
  const listeners = new Set<() => void>();
  const last = reader.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'");
  const read = (): unknown => {
    try {
      return last.get()?.['seq'];
    } catch {
      // The file is locked or its disk fails. The change itself has been made, and the process must not
      // end for a look at it: whoever reads more of the store has the fault, and the next poll looks again.
      return UNREAD;
    }
  };
  let seen = read();
  const notify = (): void => {
    seen = read();
    for (const listener of listeners) listener();
  };
  const timer = setInterval(() => {
    const now = read();
    if (now !== UNREAD && now !== seen) notify();
  }, POLL_MS);
  timer.unref();
  return {
    notify,
    stop: () => clearInterval(timer),
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
