/**
 * What was found in a text that was read before: clients send the whole conversation again with each
 * call, and only what is new should cost time.
 *
 * Keys are HMACs under a key of this process, over tenant, position and model version as well: the
 * cache holds no text, and no tenant can ask what another has sent. Only answers are kept, no faults.
 */
import { hash, randomBytes } from 'node:crypto';

import { Lru } from '#stdx/lru.ts';

import type { GuardContext, Scan } from '../guard.ts';

/** Shorter texts are read again faster than they are looked up. */
export const CACHED_CHARS_MIN = 512;
const ENTRIES_MAX = 8_192;
/** A verdict with more findings than this is not kept, so an entry has a bound as well. */
const FINDINGS_MAX = 32;

const BLOCK_BYTES = 64;

/**
 * HMAC (RFC 2104) over SHA-256 with the inner digest in hex, in two one-shot hashes: a keyed object of
 * Node costs as much as reading 300 characters. The key is 64 ASCII characters, a whole block, so both
 * pads are ASCII and can be joined to text.
 */
class Mac {
  readonly #inner: string;
  readonly #outer: string;

  constructor(key: string) {
    const pad = (byte: number): string =>
      Array.from(key, (character) => String.fromCharCode(character.charCodeAt(0) ^ byte)).join('');
    this.#inner = pad(0x36);
    this.#outer = pad(0x5c);
  }

  of(message: string): string {
    return hash('sha256', this.#outer + hash('sha256', this.#inner + message, 'hex'), 'base64url');
  }
}

export class VerdictCache {
  readonly #entries = new Lru<string, Scan>(ENTRIES_MAX);
  readonly #mac = new Mac(randomBytes(BLOCK_BYTES / 2).toString('hex'));
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  keyOf(text: string, { tenant, position }: GuardContext): string {
    return this.#mac.of(JSON.stringify([this.#version, tenant, position]) + text);
  }

  get(key: string): Scan | undefined {
    return this.#entries.get(key);
  }

  set(key: string, scan: Scan): void {
    if (scan.findings.length <= FINDINGS_MAX) this.#entries.set(key, scan);
  }
}
