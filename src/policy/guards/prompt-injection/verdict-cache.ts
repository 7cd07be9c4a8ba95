/**
 * What was found in a text that was read before: clients send the whole conversation again with each
 * call, and only what is new should cost time.
 *
 * Keys are HMACs under a key of this process, over tenant, position and model version as well: the
 * cache holds no text, and no tenant can ask what another has sent. Only answers are kept, no faults.
 */
import { createHmac, randomBytes } from 'node:crypto';

import { Lru } from '#stdx/lru.ts';

import type { GuardContext, Scan } from '../guard.ts';

/** Shorter texts are read again faster than they are looked up. */
export const CACHED_CHARS_MIN = 512;
const ENTRIES_MAX = 8_192;
/** A verdict with more findings than this is not kept, so an entry has a bound as well. */
const FINDINGS_MAX = 32;

export class VerdictCache {
  readonly #entries = new Lru<string, Scan>(ENTRIES_MAX);
  readonly #key = randomBytes(32);
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  keyOf(text: string, { tenant, position }: GuardContext): string {
    const mac = createHmac('sha256', this.#key);
    mac.update(JSON.stringify([this.#version, tenant, position]));
    return mac.update(text).digest('base64url');
  }

  get(key: string): Scan | undefined {
    return this.#entries.get(key);
  }

  set(key: string, scan: Scan): void {
    if (scan.findings.length <= FINDINGS_MAX) this.#entries.set(key, scan);
  }
}
