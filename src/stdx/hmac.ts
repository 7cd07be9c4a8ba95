/**
 * HMAC-SHA-256 (RFC 2104) of short texts under a key that is used again and again.
 *
 * Node's own object of a keyed hash costs 12 µs to make (24.21), whatever it hashes: two of them for
 * each key that a stranger has made up are most of what refusing it costs. This one prepares the key
 * once and hashes twice in one step each, in about 1 µs. `hmac.test.ts` holds it against Node's.
 */
import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;

export class HmacSha256 {
  readonly #inner: Buffer;
  /** The outer pad, and room for the inner digest. */
  readonly #outer: Buffer;

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(short);
    this.#inner = Buffer.from(block.map((byte) => byte ^ INNER));
    this.#outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
    this.#outer.set(block.map((byte) => byte ^ OUTER));
  }

  /** Of the text in UTF-8. */
  of(text: string): Buffer {
    const message = Buffer.concat([this.#inner, Buffer.from(text)]);
    this.#outer.set(hash('sha256', message, 'buffer'), BLOCK_BYTES);
    return hash('sha256', this.#outer, 'buffer');
  }
}
