/**
 * Keeps what this gateway needs of its store: in memory, and in the data folder for a start without the
 * store. Read anew after each change, and sealed anew while the store goes on saying that nothing has.
 *
 * A reading costs the store something, so the pause after one is several times what it took: a store
 * that changes all the time is not read all the time. What this gateway itself has written to a key is
 * known at once; nobody waits for a reading to see a revocation that was made here.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Peppers } from '#config/peppers.ts';
import { Fault, faultCodeOf } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { GivesRole, StoreServer, StoreState } from '#storage/store-state.ts';
import type { Log } from '#telemetry/log.ts';

import { keyOf } from './content.ts';
import { type WrittenContent, writeContent, writeSeal } from './files.ts';

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 30_000;
/** Of how long the reading before it took. */
const PAUSE_SHARE = 5;
const SEAL_EVERY_MS_MAX = 30_000;
const RETRY_MS = 1_000;
const CLOSE_MS = 500;

export interface KeeperPorts {
  readonly server: StoreServer;
  readonly onChange: (listener: () => void) => () => void;
  readonly silentMs: () => number;
  readonly dataDir: string;
  /** False: another process of this gateway writes the file for all of them. */
  readonly isWriter: boolean;
  readonly deployment: string;
  readonly staleMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface KeeperStart {
  readonly peppers: Peppers;
  readonly givesRole: GivesRole;
}

/** Null: the key was taken away. */
type Noted = ReadonlyMap<string, KeyRecord | null>;

export class SnapshotKeeper {
  readonly #ports: KeeperPorts;
  #start: KeeperStart | null = null;
  #state: StoreState | null;
  /** What was written here since the last reading began, and before it. */
  #noted = new Map<string, KeyRecord | null>();
  #notedBefore: Noted = new Map();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> | null = null;
  #isAsked = false;
  #pauseMs = PAUSE_MS_MIN;
  #content: WrittenContent | null = null;
  /** On which connection the state was read; -1: in the data folder. */
  #connection = -1;
  #stops: (() => void)[] = [];

  /** `state`: what a start without the store has read from the data folder. */
  constructor(ports: KeeperPorts, state: StoreState | null) {
    this.#ports = ports;
    this.#state = state;
  }

  get state(): StoreState | null {
    return this.#state;
  }

  /** A change was heard of that is not in the state yet. */
  get isBehind(): boolean {
    const seen = this.#ports.server.seen();
    // A store that was set back has a smaller number, and another state.
    return this.#state === null || (seen >= 0 && seen !== this.#state.version);
  }

  /** Null: there is no such key. Undefined: nothing is known of it. */
  key(id: string): KeyRecord | null | undefined {
    for (const notes of [this.#noted, this.#notedBefore]) {
      const noted = notes.get(id);
      if (noted !== undefined) return noted;
    }
    const kept = this.#state?.keys.get(id);
    return kept === undefined ? undefined : keyOf(id, kept);
  }

  /** This gateway has written it, and the store has it. */
  note(id: string, record: KeyRecord | null): void {
    this.#noted.set(id, record);
  }

  start(start: KeeperStart): void {
    this.#start = start;
    const { onChange, staleMs } = this.#ports;
    this.#stops.push(onChange(() => this.ask()));
    const everyMs = Math.min(SEAL_EVERY_MS_MAX, Math.ceil(staleMs / 4));
    const timer = setInterval(() => this.ask(), everyMs).unref();
    this.#stops.push(() => clearInterval(timer));
    this.ask();
  }

  /** Another configuration may need more of the store. */
  renew(): void {
    this.#content = null;
    this.ask();
  }

  /** The state is to be read, or said to be so still. */
  ask(): void {
    this.#isAsked = true;
    if (this.#working !== null || this.#timer !== null || this.#start === null) return;
    const start = this.#start;
    this.#isAsked = false;
    this.#working = this.#turn(start).then((pauseMs) => {
      this.#working = null;
      this.#timer = setTimeout(() => {
        this.#timer = null;
        if (this.#isAsked) this.ask();
      }, pauseMs).unref();
    });
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#start = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // A server that hangs keeps nobody from stopping; what is half written is nothing.
    await Promise.race([this.#working, sleep(CLOSE_MS, undefined, { ref: false })]);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Says how long to pause after it. */
  async #turn(start: KeeperStart): Promise<number> {
    const { server, log } = this.#ports;
    if (server.isAway()) return RETRY_MS;
    const startMs = performance.now();
    try {
      await this.#read(start);
      await this.#write(start);
    } catch (thrown) {
      // What was kept stays. The store may be gone, or the disk full: it is tried again.
      log.write('error', 'store-snapshot-behind', {
        code: faultCodeOf(thrown),
        ...(thrown instanceof Fault && { reason: thrown.message }),
      });
      this.#isAsked = true;
      return RETRY_MS;
    }
    this.#pauseMs = (performance.now() - startMs) * PAUSE_SHARE;
    return Math.min(PAUSE_MS_MAX, Math.max(PAUSE_MS_MIN, this.#pauseMs));
  }

  async #read({ givesRole }: KeeperStart): Promise<void> {
    const before = this.#state;
    const { server } = this.#ports;
    const connection = server.connection();
    const isSame = connection === this.#connection;
    const isCurrent = this.#content !== null && !this.isBehind && this.#noted.size === 0;
    if (isCurrent && isSame) return;
    const noted = this.#noted;
    this.#notedBefore = new Map([...this.#notedBefore, ...noted]);
    this.#noted = new Map();
    // A store that was set back may have other records under the same numbers.
    const known = (isSame ? before?.keys : null) ?? new Map();
    let state = await server.read(known, givesRole);
    if (known.size > 0 && before !== null && state.version < before.version) {
      state = await server.read(new Map(), givesRole);
    }
    this.#state = state;
    this.#connection = connection;
    this.#notedBefore = new Map();
  }

  async #write({ peppers }: KeeperStart): Promise<void> {
    const { dataDir, deployment, clock, silentMs, isWriter } = this.#ports;
    const state = this.#state;
    if (state === null || !isWriter) return;
    if (this.#content?.version !== state.version) {
      this.#content = await writeContent(dataDir, state);
    }
    const heardMs = Math.floor(clock.nowMs() - silentMs());
    const of = { v: 1, deployment, heardMs, pepper: peppers.newest } as const;
    await writeSeal(dataDir, { ...of, ...this.#content }, peppers);
  }
}
