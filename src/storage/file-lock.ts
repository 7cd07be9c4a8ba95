/**
 * A lock on a path that only one process can hold and that ends with the process, however it ends.
 *
 * Node has no file locks, but SQLite does: the lock is an exclusive transaction that is held open on
 * an otherwise empty database. A lock file that merely exists would survive `kill -9`.
 */
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface FileLock {
  release(): void;
}

/** The lock, or `null` while somebody else holds it. Never waits. */
export function tryLockFile(path: string): FileLock | null {
  fs.closeSync(fs.openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch {
    // Busy is the answer this function is for; a file that is no database cannot be ours either.
    database.close();
    return null;
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}
