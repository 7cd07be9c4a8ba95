/**
 * What was found in a text that was read before: clients send the whole conversation again with each
 * call, and only what is new should cost time.
 *
 * Keys are SHA-256 over a secret of this process, model version, tenant, position and text: the cache holds no
 * text, and no tenant can ask what another has sent. A secret in front is enough of a MAC here, as no digest ever
 * leaves the process and so none can be extended. Only answers are kept, no faults.
 */
import { hash, randomBytes } from 'node:crypto';

import { Lru } from '#stdx/lru.ts';

import type { GuardContext, Scan } from '../guard.ts';

/** Shorter texts are read again faster than they are looked up. */
export const CACHED_CHARS_MIN = 512;
const ENTRIES_MAX = 8_192;
/** A verdict with more findings than this is not kept, so an entry has a bound as well. */
const FINDINGS_MAX = 32;
const SECRET_BYTES = 32;

export class VerdictCache {
  readonly #entries = new Lru<string, Scan>(ENTRIES_MAX);
  readonly #secret = randomBytes(SECRET_BYTES).toString('hex');
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  keyOf(text: string, { tenant, position }: GuardContext): string {
    const about = JSON.stringify([this.#version, tenant, position]);
    // In one go: a keyed object of Node costs as much as reading 300 characters.
    return hash('sha256', this.#secret + about + text, 'base64url');
  }

  get(key: string): Scan | undefined {
    return this.#entries.get(key);
  }

  set(key: string, scan: Scan): void {
    if (scan.findings.length <= FINDINGS_MAX) this.#entries.set(key, scan);
  }
}
