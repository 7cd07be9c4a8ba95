/**
 * The workers of a gateway: begun, watched, begun again when one ends, told of what one of them has seen,
 * and ended together. What a worker takes with it when it ends are the calls that it was running.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { WorkerView } from '#admin/status-contract.ts';
import { Fault } from '#domain/fault.ts';
import type { Decision } from '#gateway/decisions.ts';
import type { CounterStore, Crossing } from '#policy/limiters/counter-store.ts';
import { assert } from '#stdx/assert.ts';
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
import { stateOf } from './shown.ts';
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

/** The place of one worker, whoever has it. */
interface Post {
  /** From 1 on. */
  readonly worker: number;
  readonly restarts: Restarts;
  /** Null: the last one has ended, and another is begun in a moment. */
  member: Member | null;
  timer: NodeJS.Timeout | null;
}

export class Crew {
  readonly #ports: CrewPorts;
  readonly #posts: readonly Post[];
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
    this.#posts = Array.from({ length: ports.count }, (_, at) => {
      return { worker: at + 1, restarts: new Restarts(), member: null, timer: null };
    });
  }

  /** The address, when every worker takes calls. Throws `ConfigProblem` where none would ever. */
  async start(): Promise<string> {
    // All load the program at once, which is most of what a start takes; the first one finds the port.
    const [first, ...others] = this.#posts.map((post) => [post, this.#fork(post)] as const);
    assert(first !== undefined, 'a gateway that has workers has one');
    const { url } = await this.#begin(...first);
    await Promise.all(others.map((post) => this.#begin(...post)));
    this.#isStarted = true;
    // One that has ended while another was still starting.
    for (const post of this.#posts) if (post.member === null) this.#again(post, 0);
    this.#stopWatching = every(WATCH_EVERY_MS, () => this.#watch());
    return url;
  }

  /** Null: calls are taken. */
  unready(): string | null {
    if (this.#isStopping) return 'draining';
    if (this.#posts.some((post) => post.restarts.isLooping && !isSettled(post)))
      return 'a worker ends again and again';
    return this.#ready().length === 0 ? 'no worker takes calls' : null;
  }

  status(): readonly WorkerView[] {
    return this.#posts.map(({ worker, member, restarts }) => ({
      worker,
      pid: member?.process.pid ?? null,
      state: stateOf(member),
      inFlight: member?.state?.inFlight ?? 0,
      lastSeq: this.#ports.logs.of(writerOf(worker))?.lastSeq ?? 0,
      restarts: restarts.count,
    }));
  }

  /** Those that run now. */
  get members(): readonly Member[] {
    return this.#posts.flatMap(({ member }) => member ?? []);
  }

  /** For the metrics of the whole gateway. */
  families(): readonly (readonly Family[])[] {
    return [this.#gone, ...this.members.map(({ state }) => state?.metrics ?? [])];
  }

  /** Of any worker but the one that asks. */
  async decision(asked: AskedDecision, asking: number | null): Promise<Decision | null> {
    const others = this.#others(asking).filter(({ isReady }) => isReady);
    const found = await Promise.all(
      others.map(({ channel }) => channel.ask('decision', asked, DECISION_MS).catch(() => null)),
    );
    return found.find((one) => one !== null) ?? this.#ports.decisionHere(asked);
  }

  tellAll<K extends keyof WorkerAnswerers>(kind: K, what: Parameters<WorkerAnswerers[K]>[0]): void {
    for (const { channel } of this.members) channel.tell(kind, what);
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
    for (const { timer } of this.#posts) if (timer !== null) clearTimeout(timer);
    const waitMs = limitMs + delayMs + STOP_SLACK_MS;
    const stopping = this.members.map(async ({ channel, process }) => {
      await channel.ask('stop', { limitMs, delayMs }, waitMs).catch(() => {});
      process.kill();
    });
    await Promise.all(stopping);
    for (let left = 200; this.members.length > 0 && left > 0; left -= 1) await sleep(10);
  }

  async #begin(
    post: Post,
    member: Member = this.#fork(post),
  ): Promise<Started & { readonly ok: true }> {
    const source = this.#ports.source();
    const order = this.#order(post.worker, source);
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

  #fork(post: Post): Member {
    const { fork, counters, onCrossing, heard, logs, log } = this.#ports;
    const { worker } = post;
    const writer = writerOf(worker);
    const member = new Member(worker, fork(worker), {
      counters,
      onCrossing,
      onFault: (reason) => log.write('error', 'worker-unheard', { worker: writer, reason }),
      heard: {
        ...heard,
        log: (end) => logs.tell(writer, end),
        decision: (asked) => this.decision(asked, worker),
        // With whatever is said next: a stranger who tries credentials must not wake everybody each time.
        failedTry: (failed) => {
          for (const { channel } of this.#others(worker)) channel.tellSoon('failedTry', failed);
        },
        breaker: (told) => {
          for (const { channel } of this.#others(worker)) channel.tell('breaker', told);
        },
      },
    });
    post.member = member;
    member.process.onExit((how) => void this.#ended(post, member, how));
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

  async #ended(post: Post, member: Member, how: string): Promise<void> {
    if (post.member === member) post.member = null;
    this.#gone = mergedFamilies(this.#gone, [countedOf(member.state?.metrics ?? [])]);
    await member.seat.end();
    if (this.#isStopping) return;
    this.#log('error', 'worker-ended', member, how);
    if (!this.#isStarted) return;
    const nowMs = performance.now();
    this.#again(post, post.restarts.ended(nowMs - member.begunMs, nowMs));
  }

  #again(post: Post, waitMs: number): void {
    post.timer = setTimeout(() => {
      // What kept it from starting has ended its process, which is heard of in its turn.
      this.#begin(post).catch((thrown: unknown) => {
        const isOurs = thrown instanceof ConfigProblem || thrown instanceof Fault;
        const reason = isOurs ? thrown.message : 'not known';
        this.#log('error', 'worker-not-started', post, reason);
      });
    }, waitMs).unref();
  }

  #watch(): void {
    const nowMs = performance.now();
    // This process was stopped, or its machine: what was told meanwhile is not read yet.
    const wasAway = nowMs - this.#watchedMs > AWAY_MS_MIN;
    this.#watchedMs = nowMs;
    for (const { member, restarts } of this.#posts) {
      if (member?.isReady !== true) continue;
      if (wasAway) member.heardMs = nowMs;
      restarts.steady(nowMs - member.begunMs);
      if (nowMs - member.heardMs < SILENT_MS_MAX) continue;
      this.#log('error', 'worker-hangs', member);
      member.process.kill();
    }
  }

  #others(asking: number | null): readonly Member[] {
    return this.members.filter(({ worker }) => worker !== asking);
  }

  #ready(): readonly Member[] {
    return this.members.filter(({ isReady }) => isReady);
  }

  #log(level: 'info' | 'error', event: string, of: Pick<Post, 'worker'>, reason?: string): void {
    const why = reason === undefined ? {} : { reason };
    this.#ports.log.write(level, event, { worker: writerOf(of.worker), ...why });
  }
}

/** Its worker takes calls, and has for so long that it does not look like ending. */
const isSettled = ({ member }: Post): boolean =>
  member?.isReady === true && performance.now() - member.begunMs > SETTLED_MS;
