/**
 * Tells of a new candidate when the file changes or SIGHUP comes. Whether it is applied is the
 * caller's decision; a file that is wrong is a candidate with problems, and the last good one stays.
 *
 * The folder is watched, because editors write a new file and rename it. The poll is for file
 * systems that tell nothing. One load runs at a time; a change meanwhile is loaded afterwards.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

import { type Environment, type Loaded, loadConfig } from './load.ts';

const POLL_MS = 500;
const DEBOUNCE_MS = 100;

export interface WatchOptions {
  readonly env: Environment;
  readonly onCandidate: (loaded: Loaded) => void | Promise<void>;
  /** What `onCandidate` threw: a bug of ours, which must not end the watching. */
  readonly onError: (thrown: unknown) => void;
  /** Null: no signal is listened to. */
  readonly signal?: 'SIGHUP' | null;
}

export interface ConfigWatch {
  /** Loads now, changed or not. */
  reload(): void;
  /** Ends when no load is running. */
  close(): Promise<void>;
}

export function watchConfig(path: string, options: WatchOptions): ConfigWatch {
  const watch = new Watch(resolve(path), options);
  watch.start();
  return watch;
}

class Watch implements ConfigWatch {
  readonly #file: string;
  readonly #options: WatchOptions;
  #seen: string;
  #watcher: fs.FSWatcher | null = null;
  #debounce: NodeJS.Timeout | null = null;
  #poll: NodeJS.Timeout | null = null;
  /** The load that runs and, behind it, at most one more. */
  #running: Promise<void> | null = null;
  #isAgain = false;
  #isClosed = false;

  constructor(file: string, options: WatchOptions) {
    this.#file = file;
    this.#options = options;
    this.#seen = this.#state();
  }

  start(): void {
    this.#poll = setInterval(() => this.#check(), POLL_MS).unref();
    try {
      const name = basename(this.#file);
      this.#watcher = fs.watch(dirname(this.#file), { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) this.#check();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No watches left, or a file system without them: the poll sees every change.
      this.#watcher = null;
    }
    if (this.#options.signal !== null) process.on('SIGHUP', this.reload);
  }

  readonly reload = (): void => {
    if (this.#isClosed) return;
    this.#seen = this.#state();
    if (this.#running === null) this.#running = this.#load();
    else this.#isAgain = true;
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    process.off('SIGHUP', this.reload);
    this.#watcher?.close();
    if (this.#poll !== null) clearInterval(this.#poll);
    if (this.#debounce !== null) clearTimeout(this.#debounce);
    await this.#running;
  }

  /** A change starts the wait again only once it is over, so steady writing cannot put it off. */
  #check(): void {
    if (this.#isClosed || this.#debounce !== null || this.#state() === this.#seen) return;
    this.#debounce = setTimeout(() => {
      this.#debounce = null;
      if (this.#state() !== this.#seen) this.reload();
    }, DEBOUNCE_MS);
  }

  async #load(): Promise<void> {
    do {
      this.#isAgain = false;
      try {
        const loaded = await loadConfig(this.#file, this.#options.env);
        if (!this.#isClosed) await this.#options.onCandidate(loaded);
      } catch (thrown) {
        this.#options.onError(thrown);
      }
    } while (this.#isAgain && !this.#isClosed);
    this.#running = null;
  }

  /** What the file is now. Content, not times: a file system may count those in seconds. */
  #state(): string {
    try {
      if (fs.statSync(this.#file).size > STATE_BYTES_MAX) return 'too large';
      return createHash('sha256').update(fs.readFileSync(this.#file)).digest('hex');
    } catch {
      // Between the two halves of a rename there is no file. That is no change yet: when one is
      // back, it differs or it does not.
      return this.#seen;
    }
  }
}

const STATE_BYTES_MAX = 1_048_576;
