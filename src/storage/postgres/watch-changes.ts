/**
 * Tells of changes, ours and those of other gateways, and knows whether the server answers.
 *
 * Every change counts `data_version` up in its own transaction and is told of by NOTIFY. A notice may
 * be lost with its connection, so the number is also read every second, on the connection that listens:
 * a change is heard at once, and a second later where its notice was lost.
 */
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';

import { exact, listenPostgres, type PostgresEar, type Query } from './postgres.ts';

export const CHANNEL = 'llmproxy_changed';

const LOOK_EVERY_MS = 1_000;
const RETRY_MS = 500;
/** Half of how long an answer may take. */
const STATEMENT_MS = 1_000;

export class ChangeWatch {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #ear: PostgresEar | null = null;
  #seen = 0;
  #heardMs: number;
  /** Turns that have failed since the last that has not. */
  #failures = 0;
  #isClosed = false;
  #wake = (): void => {};
  #running: Promise<void> = Promise.resolve();

  private constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
    this.#heardMs = clock.monotonicMs();
  }

  /** After the migrations. Rejects with a `Fault`. */
  static async open(url: string, clock: Clock): Promise<ChangeWatch> {
    const watch = new ChangeWatch(url, clock);
    const ear = await watch.#listen();
    watch.#ear = ear;
    watch.#seen = await versionIn(ear.query);
    watch.#running = watch.#run();
    return watch;
  }

  /** One connection may end; when a new one cannot be made, the server is away. */
  get isAway(): boolean {
    return this.#failures >= 2;
  }

  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#heardMs;
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

  #listen(): Promise<PostgresEar> {
    return listenPostgres(this.#url, CHANNEL, {
      statementMs: STATEMENT_MS,
      onNotice: (payload) => {
        const version = Number(payload);
        if (Number.isSafeInteger(version)) this.told(version);
      },
      onEnd: () => this.#wake(),
    });
  }

  async #run(): Promise<void> {
    await this.#wait(LOOK_EVERY_MS);
    while (!this.#isClosed) {
      try {
        this.#ear ??= await this.#listen();
        await this.#look(this.#ear);
        this.#failures = 0;
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
        // The first may be the connection's own end: another is tried at once.
        this.#failures += 1;
        await this.#drop();
      }
      if (this.#failures !== 1) {
        await this.#wait(this.#failures === 0 ? LOOK_EVERY_MS : RETRY_MS);
      }
    }
  }

  async #look({ query }: PostgresEar): Promise<void> {
    const before = this.#seen;
    const version = await versionIn(query);
    this.#heardMs = this.#clock.monotonicMs();
    // What was read before our own change says nothing of it. Less than before, and nothing new
    // meanwhile: the server was set back, and what it has now is another state.
    if (version > this.#seen || (version < before && before === this.#seen)) this.#tell(version);
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
