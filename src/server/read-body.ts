/** Reads a body into memory, up to a bound, within a deadline. What is over the bound is not read. */
import type { IncomingMessage } from 'node:http';

import type { Denial } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import { err, ok, type Result } from '#stdx/result.ts';

/** `begin` is called when the body will be read, and not for one that is refused by its length. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  deadlineMs: number,
  begin: () => void,
): Promise<Result<Buffer, Denial>> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) return Promise.resolve(err({ reason: 'body-too-large' }));
  begin();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Result<Buffer, Denial>): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (!result.ok) request.pause();
      resolve(result);
    };
    const timer = setTimeout(() => finish(err({ reason: 'body-late' })), deadlineMs);
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > bytesMax) finish(err({ reason: 'body-too-large' }));
    };
    const onEnd = (): void => {
      const [only] = chunks;
      finish(ok(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes)));
    };
    const onClose = (): void => {
      clearTimeout(timer);
      reject(new Fault('client-gone', 'the caller left while sending its body'));
    };
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
