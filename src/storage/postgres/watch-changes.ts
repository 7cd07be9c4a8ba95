/**
 * Tells of changes, ours and those of other gateways, and knows whether the server answers.
 *
 * Every change counts `data_version` up in its own transaction and is told of by NOTIFY. A notice may
 * be lost with its connection, so the number is also read every second, on the connection that listens:
 * a change is heard at once, and a second later where its notice was lost.
 */
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { exact, listenPostgres, type PostgresEar, type Query } from './postgres.ts';

export const CHANNEL = 'llmproxy_changed';

const LOOK_EVERY_MS = 1_000;
const RETRY_MS = 500;
/** Half of how long an answer may take. */
const STATEMENT_MS = 1_000;

export interface WatchPorts {
  readonly url: string;
  readonly clock: Clock;
  /** Makes what is missing on the server, or finds that nothing is. */
  readonly prepare: () => Promise<void>;
}

/** Of no state of the store: whatever is read first is news. */
const NOTHING_SEEN = -1;

export class ChangeWatch {
  readonly #ports: WatchPorts;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #onTurn = (): void => {};
  #ear: PostgresEar | null = null;
  #connection = 0;
  #seen = NOTHING_SEEN;
  #heardMs: number;
  #isReached = false;
  /** Turns that have failed since the last that has not. */
  #failures = 0;
  #isClosed = false;
  #wake = (): void => {};
  #running: Promise<void> = Promise.resolve();

  private constructor(ports: WatchPorts, silentMs: number) {
    this.#ports = ports;
    this.#clock = ports.clock;
    this.#heardMs = ports.clock.monotonicMs() - silentMs;
  }

  /** Rejects with a `Fault`, or with what `prepare` rejects with. */
  static async open(ports: WatchPorts): Promise<ChangeWatch> {
    const watch = new ChangeWatch(ports, 0);
    const ear = await watch.#listen();
    watch.#ear = ear;
    watch.#seen = await versionIn(ear.query);
    watch.#isReached = true;
    watch.#running = watch.#run();
    return watch;
  }

  /** Of a server that is away, and of which nothing was heard for so long. Its return is a change. */
  static away(ports: WatchPorts, silentMs: number): ChangeWatch {
    const watch = new ChangeWatch(ports, silentMs);
    watch.#failures = 2;
    watch.#running = watch.#run();
    return watch;
  }

  /** One connection may end; when a new one cannot be made, the server is away. */
  get isAway(): boolean {
    return this.#failures >= 2;
  }

  /** The server has answered since this watch was opened. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** The number of the last change that was heard of. */
  get seen(): number {
    return this.#seen;
  }

  /** Counted: the first is 1. */
  get connection(): number {
    return this.#connection;
  }

  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#heardMs;
  }

  /** After each look at the server, whether it has answered or not. For one listener. */
  onTurn(listener: () => void): void {
    this.#onTurn = listener;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Once for each version, whether we have made it or heard of it, and whichever came first. */
  told(version: number): void {
    if (version > this.#seen) this.#tell(version);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
    await this.#drop();
  }

  #tell(version: number): void {
    this.#seen = version;
    for (const listener of this.#listeners) listener();
  }

  async #listen(): Promise<PostgresEar> {
    await this.#ports.prepare();
    const ear = await listenPostgres(this.#ports.url, CHANNEL, {
      statementMs: STATEMENT_MS,
      onNotice: (payload) => {
        const version = Number(payload);
        if (Number.isSafeInteger(version)) this.told(version);
      },
      onEnd: () => this.#wake(),
    });
    this.#connection += 1;
    return ear;
  }

  async #run(): Promise<void> {
    await this.#wait(LOOK_EVERY_MS);
    while (!this.#isClosed) {
      try {
        const isNew = this.#ear === null;
        this.#ear ??= await this.#listen();
        await this.#look(this.#ear, isNew);
        this.#failures = 0;
      } catch (thrown) {
        // A server that another version has changed is as good as none, until somebody sees to it.
        if (!(thrown instanceof Fault) && !(thrown instanceof ConfigProblem)) throw thrown;
        // The first may be the connection's own end: another is tried at once.
        this.#failures += 1;
        await this.#drop();
      }
      this.#onTurn();
      if (this.#failures !== 1) {
        await this.#wait(this.#failures === 0 ? LOOK_EVERY_MS : RETRY_MS);
      }
    }
  }

  /** `isNew`: on a connection that was just made, and nobody knows what has happened before it was. */
  async #look({ query }: PostgresEar, isNew: boolean): Promise<void> {
    const before = this.#seen;
    const version = await versionIn(query);
    this.#heardMs = this.#clock.monotonicMs();
    this.#isReached = true;
    // What was read before our own change says nothing of it. Less than before, and nothing new
    // meanwhile: the server was set back, and what it has now is another state.
    const isSetBack = version < before && before === this.#seen;
    if (isNew || version > this.#seen || isSetBack) this.#tell(version);
  }

  async #drop(): Promise<void> {
    const ear = this.#ear;
    this.#ear = null;
    await ear?.close();
  }

  async #wait(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

async function versionIn(query: Query): Promise<number> {
  const [row] = await query('SELECT version FROM llmproxy.data_version');
  return exact(row?.['version']);
}
