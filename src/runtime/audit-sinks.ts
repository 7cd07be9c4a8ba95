/**
 * The sinks of a gateway: one pump each, for as long as its entry in the configuration stays the same.
 * A reload leaves sinks alone whose entry did not change; one that did begins again from its cursor,
 * and the cursor of one that was taken out is kept for the day it comes back. No call waits for any of
 * this.
 */
import { type Cursor, cursorPath, readCursor, writeCursor } from '#audit/sinks/cursor-file.ts';
import { logEnd } from '#audit/sinks/log-end.ts';
import type { Gap } from '#audit/sinks/log-tail.ts';
import { lowest, type Positions } from '#audit/sinks/positions.ts';
import { Pump, type PumpPorts, type PumpState } from '#audit/sinks/pump.ts';
import { SealedFiles } from '#audit/sinks/sealed-files.ts';
import { placeOf, type Sink, type SinkEvent, type SinkFaultCode } from '#audit/sinks/sink.ts';
import { RecordSource, type Source } from '#audit/sinks/source.ts';
import type { Timers } from '#audit/timers.ts';
import type { AuditLog } from '#audit/writer.ts';
import type { Config } from '#config/config.ts';
import type { SinkSection } from '#config/sinks-section.ts';
import type { Custody } from '#custody/custody.ts';
import type { Clock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { Log } from '#telemetry/log.ts';

import type { FolderLogs } from './audit/folder-logs.ts';
import { openSink } from './sinks/open-sink.ts';
import { SpoolWatch } from './sinks/spool-watch.ts';

/** What is there when the gateway stops is sent for at most this long. */
const DRAIN_MS = 2_000;
/** One whose entry changed, or was taken out, ends sooner. */
const RELEASE_MS = 500;

export interface AuditSinksParts {
  /** The folder of the log. */
  readonly dir: string;
  readonly logs: FolderLogs;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly custody: Custody;
  readonly folders: readonly string[];
  /** This gateway, among those that share a receiver. */
  readonly instance: string;
  readonly random?: () => number;
}

/** A sink of a configuration that was checked; nothing of it runs yet. */
export interface SinkPlan {
  readonly section: SinkSection;
  /** Equal where nothing changed. */
  readonly key: string;
  /** Null: one that runs has the same entry. */
  readonly sink: Sink | null;
}

export interface SinkStatus {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly state: PumpState | 'starting';
  readonly lagRecords: number;
  readonly lagMs: number;
  readonly lagBytes: number;
  readonly delivered: number;
  readonly failures: number;
  readonly lastError: SinkFaultCode | null;
}

export interface SinkMeter {
  begun(sink: string): void;
  delivered(sink: string, count: number): void;
  failed(sink: string): void;
}

interface Running {
  readonly plan: SinkPlan;
  readonly pump: Pump;
}

export class AuditSinks {
  readonly #parts: AuditSinksParts;
  readonly #running = new Map<string, Running>();
  readonly #failing = new Set<string>();
  readonly #spool: SpoolWatch;
  #plans: readonly SinkPlan[] = [];
  #isDrained = false;
  /** Changes are made one after another: a cursor has one owner. */
  #changing: Promise<void> = Promise.resolve();
  #meter: SinkMeter | null = null;

  constructor(parts: AuditSinksParts) {
    this.#parts = parts;
    this.#spool = new SpoolWatch(parts.timers, () =>
      Math.max(0, ...this.status().map(({ isRequired, lagBytes }) => (isRequired ? lagBytes : 0))),
    );
  }

  set meter(meter: SinkMeter) {
    this.#meter = meter;
    for (const { section } of this.#plans) meter.begun(section.name);
  }

  /** Called once each time that what waits for required sinks goes past 70 % of its quota. */
  set onSpoolFilling(raise: (percent: number) => void) {
    this.#spool.onFilling = raise;
  }

  /** May throw `ConfigProblem`; connects to nothing. */
  plans({ audit }: Config): readonly SinkPlan[] {
    const { clock, folders, custody, instance } = this.#parts;
    return audit.sinks.map((section, index) => {
      const key = JSON.stringify(section);
      // As against what was asked for last: what runs may still be on its way to that.
      const before = this.#plans.find((plan) => plan.section.name === section.name);
      if (before?.key === key) return { section, key, sink: null };
      try {
        return { section, key, sink: openSink(section, { clock, folders, custody, instance }) };
      } catch (thrown) {
        if (!(thrown instanceof ConfigProblem)) throw thrown;
        throw new ConfigProblem(['audit', 'sinks', index, ...thrown.path], thrown.message);
      }
    });
  }

  use(plans: readonly SinkPlan[], { audit }: Config): void {
    this.#plans = plans;
    for (const { section } of plans) this.#meter?.begun(section.name);
    this.#spool.bytesMax = audit.spoolBytesMax;
    this.#changing = this.#changing.then(() => this.#apply(plans));
  }

  /**
   * For retention: by writer, up to where every required sink has the log for certain. A writer that is
   * not named has been sent to none of them. Null: no sink is required, and none holds anything back.
   */
  acknowledged(): Positions | null {
    const required = this.#plans.filter(({ section }) => section.required);
    if (required.length === 0) return null;
    const none: Positions = new Map();
    return lowest(
      required.map(({ section }) => this.#running.get(section.name)?.pump.acknowledged ?? none),
    );
  }

  /** More of the log waits for required sinks than `audit.spoolBytesMax` allows. */
  get isSpoolFull(): boolean {
    return this.#spool.isFull;
  }

  status(): readonly SinkStatus[] {
    const pumps = this.#plans.map(({ section }) => this.#running.get(section.name)?.pump.status);
    const ends = this.#ends(pumps.flatMap((pump) => (pump === undefined ? [] : [pump.taken])));
    return this.#plans.map(({ section }, at) => {
      const { taken, behindBytes, ...status } = pumps[at] ?? STARTING;
      let lagRecords = 0;
      for (const [writer, end] of ends) lagRecords += Math.max(0, end - (taken.get(writer) ?? 0));
      const { name, type, required } = section;
      return { name, type, isRequired: required, ...status, lagRecords, lagBytes: behindBytes };
    });
  }

  /** Null: there is no such sink, or it is not running yet. */
  async test(name: string): Promise<{ code: SinkFaultCode | null; ms: number } | null> {
    const pump = this.#running.get(name)?.pump;
    if (pump === undefined) return null;
    const startMs = this.#parts.clock.monotonicMs();
    const code = await pump.test();
    return { code, ms: Math.round(this.#parts.clock.monotonicMs() - startMs) };
  }

  /** After the log is closed: its last records are among those that are sent. */
  async close(): Promise<void> {
    this.#spool.stop();
    await this.#changing;
    this.#isDrained = true;
    await Promise.all([...this.#running.values()].map(({ pump }) => pump.close(DRAIN_MS)));
  }

  /** The last record of each writer, as far as anybody here knows. */
  #ends(taken: readonly Positions[]): Positions {
    const ends = new Map<string, number>();
    for (const positions of taken) {
      for (const [writer, seq] of positions) ends.set(writer, Math.max(seq, ends.get(writer) ?? 0));
    }
    for (const [writer, seq] of this.#parts.logs.lastSeqs()) ends.set(writer, seq);
    return ends;
  }

  async #apply(plans: readonly SinkPlan[]): Promise<void> {
    const wanted = new Map(plans.map((plan) => [plan.section.name, plan.key]));
    const ended = [...this.#running].filter(([name, { plan }]) => wanted.get(name) !== plan.key);
    await Promise.all(ended.map(([, { pump }]) => pump.release(RELEASE_MS)));
    for (const [name] of ended) this.#running.delete(name);
    for (const plan of plans) {
      if (!this.#isDrained && plan.sink !== null) await this.#begin(plan, plan.sink);
    }
  }

  /** One that cannot begin (the log cannot be read) keeps nobody else from it, and holds retention. */
  async #begin(plan: SinkPlan, sink: Sink): Promise<void> {
    const { name } = plan.section;
    try {
      const pump = await this.#pump(plan, sink);
      this.#running.set(name, { plan, pump });
      pump.start();
    } catch {
      this.#parts.log.write('error', 'audit-sink-not-started', { target: name });
    }
  }

  async #pump({ section }: SinkPlan, sink: Sink): Promise<Pump> {
    const { dir } = this.#parts;
    const path = cursorPath(dir, section.name);
    const cursor = await this.#cursor(section, path);
    return new Pump({
      name: section.name,
      sink,
      source: this.#source(section, sink, cursor),
      cursor,
      cursorPath: path,
      timeoutMs: section.timeout.ms,
      ports: this.#ports(section.name),
    });
  }

  #source(section: SinkSection, sink: Sink, cursor: Cursor): Source {
    const { dir, logs } = this.#parts;
    if (sink.takes === 'file') return new SealedFiles(dir, cursor, (of) => logs.isOpen(of));
    const syncedSeq = (of: string): number => logs.syncedSeq(of);
    return new RecordSource({ dir, cursor, syncedSeq, sink, isPersonal: section.personal });
  }

  async #cursor({ name, from }: SinkSection, path: string): Promise<Cursor> {
    const { dir, clock, log } = this.#parts;
    const read = await readCursor(path);
    if (read !== 'none' && read !== 'unreadable') return read;
    // Copies, rather than a loss that nobody sees.
    if (read === 'unreadable') log.write('error', 'audit-sink-cursor-unreadable', { target: name });
    const isFromEnd = read === 'none' && from === 'end';
    const cursor = { positions: isFromEnd ? logEnd(dir) : new Map<string, number>(), treeSize: 0 };
    await writeCursor(path, cursor, clock.nowMs()).catch(() => {
      log.write('error', 'audit-sink-cursor-lost', { target: name });
    });
    return cursor;
  }

  #ports(target: string): PumpPorts {
    const { clock, timers, log, random = Math.random } = this.#parts;
    return {
      clock,
      timers,
      random,
      delivered: (count) => {
        this.#meter?.delivered(target, count);
        if (this.#failing.delete(target)) log.write('info', 'audit-sink-recovered', { target });
      },
      failed: (code) => {
        this.#meter?.failed(target);
        // Once for each outage: a sink that is away for a day fails thousands of times.
        if (this.#failing.has(target)) return;
        this.#failing.add(target);
        log.write('error', 'audit-sink-failing', { target, code });
      },
      missed: (gap) => this.#missed(target, gap),
      refused: (event) => this.#refused(target, event),
      cursorLost: () => log.write('error', 'audit-sink-cursor-lost', { target }),
    };
  }

  #missed(target: string, { writer, from, to }: Gap): void {
    const count = to - from + 1;
    this.#parts.log.write('error', 'audit-sink-gap', { target, count });
    this.#record('sink_gap', target, { count, reason: `${writer}: ${from} to ${to}` });
  }

  #refused(target: string, event: SinkEvent): void {
    this.#parts.log.write('error', 'audit-sink-refused', { target, reason: placeOf(event) });
    // A record about a refusal that is refused as well would bring the next one.
    if (event.record.action === 'sink_refused') return;
    this.#record('sink_refused', target, { count: 1, reason: placeOf(event) });
  }

  #record(action: string, target: string, said: { count: number; reason: string }): void {
    const draft = { kind: 'system', action, resource: `sink/${target}`, ...said } as const;
    this.#parts.audit.append(draft).catch(() => {
      this.#parts.log.write('error', 'audit-behind');
    });
  }
}

const STARTING = {
  state: 'starting',
  lastError: null,
  delivered: 0,
  failures: 0,
  taken: new Map<string, number>(),
  lagMs: 0,
  behindBytes: 0,
} as const;
