/**
 * Every access of the audit log to files, so that a test can break each one of them.
 *
 * Writes go to the page cache at once (`writeSync`, a few µs; the thread pool costs more and adds
 * a turn): that is what survives `kill -9`. Reaching the disk is asynchronous and grouped. Errors
 * are told apart by `code` only; their messages quote paths and are dropped.
 */
import fs from 'node:fs';

export interface AuditFiles {
  /** Creates the folder, 0700, and its parents. */
  makeFolder(path: string): void;
  /** Names in a folder; empty when there is none. */
  list(path: string): string[];
  /** `create` fails when the file exists; 0600. `append` makes it where it does not, and only adds. */
  open(path: string, mode: 'create' | 'read' | 'edit' | 'append'): number;
  /** Returns how many bytes were written, which may be fewer. */
  write(file: number, bytes: Uint8Array, position: number): number;
  read(file: number, into: Uint8Array, position: number): number;
  datasync(file: number): Promise<void>;
  /** Makes the names of a folder durable. */
  syncFolder(path: string): Promise<void>;
  truncate(file: number, bytes: number): void;
  size(file: number): number;
  close(file: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  freeBytes(path: string): number;
}

const FLAGS = {
  create: fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_RDWR,
  read: fs.constants.O_RDONLY,
  edit: fs.constants.O_RDWR,
  append: fs.constants.O_CREAT | fs.constants.O_APPEND | fs.constants.O_WRONLY,
} as const;

export const diskFiles: AuditFiles = {
  makeFolder: (path) => {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => (fs.existsSync(path) ? fs.readdirSync(path) : []),
  open: (path, mode) => fs.openSync(path, FLAGS[mode], 0o600),
  write: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
  read: (file, into, position) => fs.readSync(file, into, 0, into.length, position),
  datasync: (file) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    }),
  async syncFolder(path) {
    const folder = await fs.promises.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  truncate: (file, bytes) => fs.ftruncateSync(file, bytes),
  size: (file) => fs.fstatSync(file).size,
  close: (file) => fs.closeSync(file),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  freeBytes: (path) => {
    const { bavail, bsize } = fs.statfsSync(path);
    return bavail * bsize;
  },
};

/** The error code of a failed file access; never its message. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

export const isFull = (code: string): boolean => code === 'ENOSPC' || code === 'EDQUOT';
