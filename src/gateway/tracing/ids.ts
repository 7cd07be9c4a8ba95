/** Ids of traces and spans. */
import { randomFillSync } from 'node:crypto';

const POOL = Buffer.alloc(4_096);
let at = POOL.length;

/** Random bytes, drawn many at a time. Never all zero, which is no id. */
export function randomHex(bytes: 8 | 16): string {
  if (at + bytes > POOL.length) {
    randomFillSync(POOL);
    at = 0;
  }
  const text = POOL.toString('hex', at, at + bytes);
  at += bytes;
  return /[1-9a-f]/u.test(text) ? text : randomHex(bytes);
}
