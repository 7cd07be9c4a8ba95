/** A log that goes where it went before, and to whoever exports it as well. */
import type { Clock } from '#stdx/clock.ts';

import type { Level, Log, LogFields } from '../log.ts';
import type { Attribute, LogRecord } from './span.ts';

/** Null: nobody exports now. It costs a look. */
export type LogTap = ((record: LogRecord) => void) | null;

export interface LogPorts {
  readonly clock: Clock;
  readonly tap: () => LogTap;
  /** The span of a request that runs, where it is traced. */
  readonly traceOf: (requestId: string) => LogRecord['trace'];
}

/** Who was refused is a person's address: it stays in this machine's own log. */
const KEPT_BACK: ReadonlySet<string> = new Set(['address']);
const NAMES: Readonly<Record<string, string>> = {
  stack: 'exception.stacktrace',
  requestId: 'llmproxy.request_id',
};

export function exportedLog(log: Log, { clock, tap, traceOf }: LogPorts): Log {
  return {
    write(level: Level, event: string, fields: LogFields = {}) {
      log.write(level, event, fields);
      const take = tap();
      if (take === null) return;
      const { requestId } = fields;
      const trace = requestId === undefined ? null : traceOf(requestId);
      take({ atMs: clock.nowMs(), level, event, attributes: attributesOf(fields), trace });
    },
  };
}

const attributesOf = (fields: LogFields): Attribute[] =>
  Object.entries(fields).flatMap(([name, value]: [string, unknown]): Attribute[] => {
    if (KEPT_BACK.has(name)) return [];
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    return [[NAMES[name] ?? `llmproxy.${name}`, value]];
  });
