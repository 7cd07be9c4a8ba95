/** JSON lines from a stream: one at a time, in order, each at most `LINE_BYTES_MAX` long. */
import type { Readable } from 'node:stream';

/** Longer than any passage of a call (the body limit is 64 MiB at most, its default is 4). */
export const LINE_BYTES_MAX = 16 * 1_024 * 1_024;

const NEWLINE = 0x0a;

/** A line without its end; null for one that is too long, whose bytes are dropped as they come. */
export async function* linesOf(input: Readable): AsyncGenerator<string | null> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length <= LINE_BYTES_MAX) parts.push(part);
    else parts = [];
  };
  const finish = (): string | null => {
    const line = length > LINE_BYTES_MAX ? null : Buffer.concat(parts).toString('utf8');
    [parts, length] = [[], 0];
    return line === null ? null : line.replace(/\r$/u, '');
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : toBytes(chunk);
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      take(bytes.subarray(from, at));
      from = at + 1;
      const line = finish();
      if (line !== '') yield line;
    }
    if (from < bytes.length) take(bytes.subarray(from));
  }
  const line = finish();
  if (line !== '') yield line;
}

const toBytes = (chunk: unknown): Uint8Array =>
  chunk instanceof Uint8Array ? chunk : new Uint8Array();
