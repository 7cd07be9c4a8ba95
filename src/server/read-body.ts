/** Reads a body into memory, up to a bound, within a deadline. What is over the bound is not read. */
import type { IncomingMessage } from 'node:http';

import type { Denial } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import { deadlines } from '#gateway/deadlines.ts';
import { err, ok, type Result } from '#stdx/result.ts';

export interface BodyBounds {
  /** By `content-length`; 0 without one. */
  readonly declaredBytes: number;
  readonly bytesMax: number;
  readonly deadlineMs: number;
  /** What must have come on the average, once `graceMs` are over: a slow start is no attack. */
  readonly bytesPerSecondMin: number;
  readonly graceMs: number;
}

export const BODY_GRACE_MS = 5_000;

/** `begin` is called when the body will be read, and not for one that is refused by its length. */
export function readBody(
  request: IncomingMessage,
  bounds: BodyBounds,
  begin: (() => void) | null,
): Promise<Result<Buffer, Denial>> {
  const { declaredBytes, bytesMax, bytesPerSecondMin } = bounds;
  if (declaredBytes > bytesMax) return Promise.resolve(err({ reason: 'body-too-large' }));
  begin?.();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const deadline = deadlines.open(() => refuse('body-late'));
    const lastMs = deadline.within(bounds.deadlineMs);
    const rateFromMs = deadline.within(bounds.graceMs, lastMs);
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      // A body that drips holds a slot and its memory for as long as it likes (R.U.D.Y.).
      deadline.atMs = Math.min(lastMs, rateFromMs + (bytes * 1_000) / bytesPerSecondMin);
      if (bytes > bytesMax) refuse('body-too-large');
    };
    let isWhole = false;
    const onEnd = (): void => {
      isWhole = true;
      deadlines.close(deadline);
      const [only] = chunks;
      resolve(ok(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes)));
    };
    // Every request closes; making a fault for one that came whole costs its stack.
    const onClose = (): void => {
      if (isWhole) return;
      deadlines.close(deadline);
      reject(new Fault('client-gone', 'the caller left while sending its body'));
    };
    const refuse = (reason: 'body-late' | 'body-too-large'): void => {
      deadlines.close(deadline);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      request.pause();
      resolve(err({ reason }));
    };
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
