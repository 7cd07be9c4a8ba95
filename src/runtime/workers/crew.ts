/**
 * The workers of a gateway: begun, watched, begun again when one ends, told of what one of them has seen,
 * and ended together. What a worker takes with it when it ends are the calls that it was running.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { WorkerView } from '#admin/status-contract.ts';
import { Fault } from '#domain/fault.ts';
import type { Decision } from '#gateway/decisions.ts';
import type { CounterStore, Crossing } from '#policy/limiters/counter-store.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { Log } from '#telemetry/log.ts';
import { countedOf, mergedFamilies } from '#telemetry/merged-families.ts';
import type { Family } from '#telemetry/metrics.ts';

import { every } from '../every.ts';
import type { Source } from '../source.ts';
import { Member, type WorkerProcess } from './member.ts';
import type {
  AskedDecision,
  OwnerAnswerers,
  Started,
  StartOrder,
  WorkerAnswerers,
} from './protocol.ts';
import { Restarts } from './restarts.ts';
import { type WorkerLogs, writerOf } from './seat.ts';
import { textOf } from './source-text.ts';

/** One that does not serve after so long is ended. */
const START_MS = 30_000;
/** One that says nothing for so long hangs: a loop without end, or a process that was stopped. */
const SILENT_MS_MAX = 10_000;
const WATCH_EVERY_MS = 1_000;
/** After so long a worker that ended again and again counts as one that runs. */
const SETTLED_MS = 10_000;
/** Between two looks at the workers. */
const AWAY_MS_MIN = 3_000;
/** A worker builds a whole gateway anew, with its threads. */
const APPLY_MS = 30_000;
const DECISION_MS = 1_000;
/** Beyond the drain: closing the log and telling the last of it. */
const STOP_SLACK_MS = 10_000;

export interface CrewPorts {
  readonly count: number;
  readonly fork: (worker: number) => WorkerProcess;
  readonly counters: CounterStore;
  readonly onCrossing: (crossing: Crossing) => void;
  readonly logs: WorkerLogs;
  readonly source: () => Source;
  readonly searchesPorts: boolean;
  readonly version: string;
  readonly replaysSinceMs: number;
  readonly isSpoolFull: () => boolean;
  readonly log: Log;
  /** What workers tell or ask of the whole gateway. */
  readonly heard: Pick<OwnerAnswerers, 'claim' | 'alert' | 'misuse'>;
  /** Of the owner's own calls. */
  readonly decisionHere: (asked: AskedDecision) => Decision | null;
}

export class Crew {
  readonly #ports: CrewPorts;
  readonly #members = new Map<number, Member>();
  readonly #restarts = new Map<number, Restarts>();
  readonly #times = new Map<number, number>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  /** What those have counted that are gone. */
  #gone: readonly Family[] = [];
  /** Where workers listen, once the first one does; and as what they ask for it. */
  #port: number | null = null;
  #askedPort: number | null = null;
  /** From here on who ends is begun again; before, it is told to whoever starts the gateway. */
  #isStarted = false;
  #isStopping = false;
  #watchedMs = 0;
  #stopWatching = (): void => {};

  constructor(ports: CrewPorts) {
    this.#ports = ports;
  }

  /** The address, when every worker takes calls. Throws `ConfigProblem` where none would ever. */
  async start(): Promise<string> {
    const first = await this.#begin(1);
    const { count } = this.#ports;
    const others = Array.from({ length: count - 1 }, (_, at) => this.#begin(at + 2));
    await Promise.all(others);
    this.#isStarted = true;
    // One that has ended while another was still starting.
    for (let worker = 1; worker <= count; worker += 1) {
      if (!this.#members.has(worker)) this.#again(worker, 0);
    }
    this.#stopWatching = every(WATCH_EVERY_MS, () => this.#watch());
    return first.url;
  }

  /** Null: calls are taken. */
  unready(): string | null {
    if (this.#isStopping) return 'draining';
    const isLooping = [...this.#restarts].some(
      ([worker, { isLooping: is }]) => is && !this.#isSettled(worker),
    );
    if (isLooping) return 'a worker ends again and again';
    return this.#ready().length === 0 ? 'no worker takes calls' : null;
  }

  status(): readonly WorkerView[] {
    return Array.from({ length: this.#ports.count }, (_, at) => this.#viewOf(at + 1));
  }

  /** Those that run now. */
  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** For the metrics of the whole gateway. */
  families(): readonly (readonly Family[])[] {
    return [this.#gone, ...this.members.map(({ state }) => state?.metrics ?? [])];
  }

  /** Of any worker but the one that asks. */
  async decision(asked: AskedDecision, asking: number | null): Promise<Decision | null> {
    const others = this.#ready().filter(({ worker }) => worker !== asking);
    const found = await Promise.all(
      others.map(({ channel }) => channel.ask('decision', asked, DECISION_MS).catch(() => null)),
    );
    return found.find((one) => one !== null) ?? this.#ports.decisionHere(asked);
  }

  tellAll<K extends keyof WorkerAnswerers>(
    kind: K,
    what: Parameters<WorkerAnswerers[K]>[0],
    except: number | null = null,
  ): void {
    for (const { worker, channel } of this.#members.values()) {
      if (worker !== except) channel.tell(kind, what);
    }
  }

  /** One that does not take what the owner has taken would go by old rules: another takes its place. */
  async apply(): Promise<void> {
    await Promise.all(this.#ready().map((member) => this.#applyTo(member)));
  }

  async #applyTo(member: Member): Promise<void> {
    const text = textOf(this.#ports.source());
    const result = await member.channel.ask('apply', text, APPLY_MS).catch(() => null);
    if (result?.applied === true || this.#isStopping) return;
    this.#log('error', 'worker-not-applied', member, result?.problems[0]);
    member.process.kill();
  }

  /** Who is in has so long; then every worker ends, and what it wrote last is told. */
  async stop(limitMs: number, delayMs: number): Promise<void> {
    this.#isStopping = true;
    this.#stopWatching();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    const waitMs = limitMs + delayMs + STOP_SLACK_MS;
    const stopping = [...this.#members.values()].map(async ({ channel, process }) => {
      await channel.ask('stop', { limitMs, delayMs }, waitMs).catch(() => {});
      process.kill();
    });
    await Promise.all(stopping);
    for (let left = 200; this.#members.size > 0 && left > 0; left -= 1) await sleep(10);
  }

  async #begin(worker: number): Promise<Started & { readonly ok: true }> {
    const member = this.#fork(worker);
    const source = this.#ports.source();
    const order = this.#order(worker, source);
    const started = await member.channel.ask('start', order, START_MS).catch((thrown: unknown) => {
      member.process.kill();
      throw thrown;
    });
    if (!started.ok) {
      member.process.kill();
      throw new ConfigProblem(started.path, started.problem);
    }
    this.#port ??= started.port;
    this.#askedPort = order.port === 0 ? 0 : started.port;
    member.isReady = true;
    member.heardMs = performance.now();
    this.#log('info', 'worker-ready', member);
    // Another configuration came into force while it was starting.
    if (this.#ports.source() !== source) await this.#applyTo(member);
    return started;
  }

  #fork(worker: number): Member {
    const { fork, counters, onCrossing, heard, logs } = this.#ports;
    const writer = writerOf(worker);
    const member = new Member(worker, fork(worker), {
      counters,
      onCrossing,
      heard: {
        ...heard,
        log: (end) => logs.tell(writer, end),
        decision: (asked) => this.decision(asked, worker),
        failedTry: (failed) => this.tellAll('failedTry', failed, worker),
        breaker: (told) => this.tellAll('breaker', told, worker),
      },
    });
    this.#members.set(worker, member);
    member.process.onExit((how) => void this.#ended(member, how));
    return member;
  }

  #order(worker: number, source: Source): StartOrder {
    const { count, searchesPorts, version, replaysSinceMs, isSpoolFull } = this.#ports;
    // Where nobody listens any more the port is free, and is asked for by its number.
    const port = this.#ready().length > 0 ? this.#askedPort : this.#port;
    return {
      worker,
      workers: count,
      source: textOf(source),
      port: port ?? source.config.server.listen.port,
      // The port that the first one found is everybody's.
      searchesPorts: searchesPorts && this.#port === null,
      version,
      replaysSinceMs,
      isSpoolFull: isSpoolFull(),
    };
  }

  async #ended(member: Member, how: string): Promise<void> {
    const { worker, begunMs, state } = member;
    if (this.#members.get(worker) === member) this.#members.delete(worker);
    this.#gone = mergedFamilies(this.#gone, [countedOf(state?.metrics ?? [])]);
    await member.seat.end();
    if (this.#isStopping) return;
    this.#log('error', 'worker-ended', member, how);
    if (!this.#isStarted) return;
    const nowMs = performance.now();
    this.#again(worker, this.#restartsOf(worker).ended(nowMs - begunMs, nowMs));
  }

  #again(worker: number, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#times.set(worker, (this.#times.get(worker) ?? 0) + 1);
      // What kept it from starting has ended its process, which is heard of in its turn.
      this.#begin(worker).catch((thrown: unknown) => {
        const reason = thrown instanceof ConfigProblem || thrown instanceof Fault;
        this.#ports.log.write('error', 'worker-not-started', {
          worker: writerOf(worker),
          reason: reason ? thrown.message : 'not known',
        });
      });
    }, waitMs).unref();
    this.#timers.set(worker, timer);
  }

  #watch(): void {
    const nowMs = performance.now();
    // This process was stopped, or its machine: what was told meanwhile is not read yet.
    const wasAway = nowMs - this.#watchedMs > AWAY_MS_MIN;
    this.#watchedMs = nowMs;
    if (wasAway) for (const member of this.#members.values()) member.heardMs = nowMs;
    for (const member of this.#members.values()) {
      if (member.isReady) this.#restartsOf(member.worker).steady(nowMs - member.begunMs);
      if (!member.isReady || nowMs - member.heardMs < SILENT_MS_MAX) continue;
      this.#log('error', 'worker-hangs', member);
      member.process.kill();
    }
  }

  /** It takes calls, and has for so long that it does not look like ending. */
  #isSettled(worker: number): boolean {
    const member = this.#members.get(worker);
    return member?.isReady === true && performance.now() - member.begunMs > SETTLED_MS;
  }

  #restartsOf(worker: number): Restarts {
    const known = this.#restarts.get(worker) ?? new Restarts();
    this.#restarts.set(worker, known);
    return known;
  }

  #ready(): readonly Member[] {
    return [...this.#members.values()].filter(({ isReady }) => isReady);
  }

  #viewOf(worker: number): WorkerView {
    const member = this.#members.get(worker);
    const state = member === undefined ? 'ended' : 'starting';
    return {
      worker,
      pid: member?.process.pid ?? null,
      state: member?.isReady === true ? 'ready' : state,
      inFlight: member?.state?.inFlight ?? 0,
      lastSeq: this.#ports.logs.of(writerOf(worker))?.lastSeq ?? 0,
      restarts: this.#times.get(worker) ?? 0,
    };
  }

  #log(level: 'info' | 'error', event: string, { worker }: Member, reason?: string): void {
    this.#ports.log.write(level, event, {
      worker: writerOf(worker),
      ...(reason !== undefined && { reason }),
    });
  }
}
