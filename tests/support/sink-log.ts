/** A real audit log in a folder of its own, and pumps on it: what a gateway runs, without the gateway. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Cursor, cursorPath, readCursor } from '#audit/sinks/cursor-file.ts';
import type { Gap } from '#audit/sinks/log-tail.ts';
import { Pump } from '#audit/sinks/pump.ts';
import { type Sink, type SinkEvent, placeOf } from '#audit/sinks/sink.ts';
import { RecordSource, type Source } from '#audit/sinks/source.ts';
import { systemTimers } from '#audit/timers.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';
import type { AuditLimits } from '#audit/writer-settings.ts';
import { systemClock } from '#stdx/clock.ts';

export interface SinkLog {
  readonly dir: string;
  readonly log: AuditLog;
  /** So many more records, in the log and on the disk. */
  append(count: number): Promise<void>;
  /** Keys of everything in the log, in its order. */
  readonly keys: () => string[];
  close(): Promise<void>;
}

export async function openSinkLog(limits: Partial<AuditLimits> = {}): Promise<SinkLog> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-sink-'));
  const lock = () => ({ release: () => {} });
  const log = await openAuditLog({ dir, writer: 'main', lock, limits });
  return {
    dir,
    log,
    async append(count) {
      const PARALLEL = 500;
      for (let done = 0; done < count; done += PARALLEL) {
        const many = Math.min(PARALLEL, count - done);
        await Promise.all(Array.from({ length: many }, () => log.append(draft())));
      }
      await log.flush();
    },
    keys: () => Array.from({ length: log.status().lastSeq }, (_, at) => `main-${at + 1}`),
    async close() {
      await log.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const draft = () =>
  ({
    kind: 'complete',
    requestId: 'req_1',
    tenant: 'acme',
    user: 'alice',
    ip: '192.0.2.1',
    model: 'fast',
    decision: 'allow',
    status: 200,
    usage: { inputTokens: 1, outputTokens: 2, costNanoUsd: 3, source: 'provider' },
  }) as const;

export interface RunningPump {
  readonly pump: Pump;
  readonly missed: Gap[];
  readonly refused: string[];
  readonly failures: string[];
  /** Until the receiver has taken the whole log. */
  caughtUp(withinMs?: number): Promise<void>;
}

export interface PumpOptions {
  readonly name?: string;
  readonly timeoutMs?: number;
  readonly source?: (cursor: Cursor) => Source;
}

export async function runPump(
  { dir, log }: SinkLog,
  sink: Sink,
  { name = 'siem', timeoutMs = 2_000, source }: PumpOptions = {},
): Promise<RunningPump> {
  const path = cursorPath(dir, name);
  const read = await readCursor(path);
  const cursor = typeof read === 'string' ? { positions: new Map(), treeSize: 0 } : read;
  const syncedSeq = (): number => log.status().syncedSeq;
  const [missed, refused, failures]: [Gap[], string[], string[]] = [[], [], []];
  const pump = new Pump({
    name,
    sink,
    source:
      source?.(cursor) ?? new RecordSource({ dir, cursor, syncedSeq, sink, isPersonal: true }),
    cursor,
    cursorPath: path,
    timeoutMs,
    ports: {
      clock: systemClock,
      timers: systemTimers,
      random: () => 0,
      delivered: () => {},
      failed: (code) => void failures.push(code),
      missed: (gap) => void missed.push(gap),
      refused: (event: SinkEvent) => void refused.push(placeOf(event)),
      cursorLost: () => void failures.push('cursor-lost'),
    },
  });
  pump.start();
  return {
    pump,
    missed,
    refused,
    failures,
    async caughtUp(withinMs = 10_000) {
      const untilMs = performance.now() + withinMs;
      while ((pump.status.taken.get('main') ?? 0) < log.status().lastSeq) {
        if (performance.now() > untilMs) {
          const { state, lastError, taken } = pump.status;
          throw new Error(`not caught up: ${state} ${lastError} ${taken.get('main') ?? 0}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}
