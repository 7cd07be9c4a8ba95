/**
 * The program's own log: JSON lines on stderr, from an allow-list of fields. A field that is not
 * listed does not compile, so no prompt and no credential gets here by accident. JSON escapes every
 * control character: nobody can forge a line.
 */
export interface LogFields {
  readonly requestId?: string;
  readonly claim?: string;
  readonly stack?: string;
  readonly address?: string;
  readonly path?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly ms?: number;
  readonly version?: string;
  readonly state?: string;
  readonly deployment?: string;
  readonly target?: string;
  /** Which process of the gateway, where it has several. */
  readonly worker?: string;
}

export type Level = 'info' | 'warn' | 'error';

export interface Log {
  write(level: Level, event: string, fields?: LogFields): void;
}

const VALUE_CHARS_MAX = 2_000;

export function jsonLog(out: { write(text: string): unknown }, nowMs: () => number): Log {
  return {
    write(level, event, fields = {}) {
      const line: Record<string, string | number> = {
        at: new Date(nowMs()).toISOString(),
        level,
        event,
      };
      for (const [name, value] of Object.entries(fields)) {
        if (typeof value === 'string') line[name] = value.slice(0, VALUE_CHARS_MAX);
        else if (typeof value === 'number') line[name] = value;
      }
      out.write(`${escapeControls(JSON.stringify(line))}\n`);
    },
  };
}

/** JSON leaves U+007F to U+009F, bidirectional and separator characters as they are; terminals obey them. */
const escapeControls = (json: string): string =>
  json.replaceAll(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
