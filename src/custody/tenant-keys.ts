/**
 * The keys of tenants, unwrapped. An unwrapped key is a `KeyObject`: its bytes are outside the heap, no
 * dump of it shows them and nothing prints them. It is kept for an hour at most, so a root key that is
 * taken away ends what it unwrapped, and it is asked for anew before that, so calls do not wait.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

import { Fault, type FaultCode, faultCodeOf } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import { KEY_BYTES } from './aead.ts';
import { tenantKeyData } from './bound.ts';
import type { KeyRing, KeyRings, WrappedKey } from './key-rings.ts';
import type { RootKey } from './roots/root.ts';

export const KEPT_MS = 3_600_000;
const REFRESH_MS = 3_000_000;
/** After a failure, for so long nobody else waits for the same one. */
const FAILED_MS = 1_000;
const ENTRIES_MAX = 2_048;
const TRIES_MAX = 5;

interface Entry {
  key: KeyObject | null;
  /** What it was unwrapped from. */
  wrapped: string | null;
  atMs: number;
  failed: { readonly code: FaultCode; readonly atMs: number } | null;
  pending: Promise<KeyObject> | null;
}

export interface TenantKey {
  readonly number: number;
  readonly key: KeyObject;
}

export class TenantKeys {
  readonly #rings: KeyRings;
  readonly #root: RootKey;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(rings: KeyRings, root: RootKey, clock: Clock) {
    this.#rings = rings;
    this.#root = root;
    this.#clock = clock;
  }

  /** At once where it is kept. Rejects, or throws, a `Fault`. */
  of(tenant: string | null, number: number): MaybePromise<KeyObject> {
    const entry = this.#entry(`${tenant ?? '*'}/${number}`);
    const nowMs = this.#clock.monotonicMs();
    const { key, atMs } = entry;
    if (key !== null && nowMs - atMs < REFRESH_MS) return key;
    const pending = this.#load(entry, tenant, number, nowMs);
    if (key === null || nowMs - atMs >= KEPT_MS) return pending;
    // It is good for some minutes more: who asks now need not wait, and a failure is not theirs.
    pending.catch(() => {});
    return key;
  }

  /** The key that seals. The first secret of a tenant makes it. */
  async newest(tenant: string | null): Promise<TenantKey> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const ring = await this.#rings.find(tenant);
      const newest = ring === null ? undefined : newestOf(ring);
      if (newest !== undefined) {
        this.#forgetOthers(tenant, newest);
        return { number: newest.number, key: await this.of(tenant, newest.number) };
      }
      const first = { tenant, keys: [await this.#drawn(tenant, 1)], version: ring?.version ?? 0 };
      await this.#rings.keep(first, 'create');
    }
    throw new Fault('storage-failed', 'the key of a tenant is changed again and again');
  }

  /** A new key that seals from now on. Those before it open what they have wrapped. */
  async rotated(ring: KeyRing): Promise<KeyRing> {
    const number = (newestOf(ring)?.number ?? 0) + 1;
    return { ...ring, keys: [...ring.keys, await this.#drawn(ring.tenant, number)] };
  }

  /** The same keys under the newest root key; null: they are. */
  async rewrapped(ring: KeyRing, newestRoot: string): Promise<KeyRing | null> {
    if (ring.keys.every(({ root }) => root === newestRoot)) return null;
    const keys: WrappedKey[] = [];
    for (const key of ring.keys) {
      keys.push(key.root === newestRoot ? key : await this.#rewrapped(ring.tenant, key));
    }
    return { ...ring, keys };
  }

  async #rewrapped(tenant: string | null, key: WrappedKey): Promise<WrappedKey> {
    const bytes = await this.#unwrapped(tenant, key);
    try {
      return { ...key, ...(await this.#root.wrap(bytes, tenantKeyData(tenant, key.number))) };
    } finally {
      bytes.fill(0);
    }
  }

  async #drawn(tenant: string | null, number: number): Promise<WrappedKey> {
    const bytes = randomBytes(KEY_BYTES);
    try {
      const wrapped = await this.#root.wrap(bytes, tenantKeyData(tenant, number));
      return { number, ...wrapped, createdMs: this.#clock.nowMs() };
    } finally {
      bytes.fill(0);
    }
  }

  #load(entry: Entry, tenant: string | null, number: number, nowMs: number): Promise<KeyObject> {
    if (entry.pending !== null) return entry.pending;
    const { failed } = entry;
    if (failed !== null && nowMs - failed.atMs < FAILED_MS) {
      return Promise.reject(new Fault(failed.code, 'the key of a tenant did not open just now'));
    }
    const pending = this.#read(tenant, number).then(
      ({ key, wrapped }) => {
        Object.assign(entry, { key, wrapped, atMs: nowMs, failed: null, pending: null });
        return key;
      },
      (thrown: unknown) => {
        const failure = { code: faultCodeOf(thrown), atMs: this.#clock.monotonicMs() };
        Object.assign(entry, { failed: failure, pending: null });
        throw thrown;
      },
    );
    entry.pending = pending;
    return pending;
  }

  async #read(
    tenant: string | null,
    number: number,
  ): Promise<{ readonly key: KeyObject; readonly wrapped: string }> {
    const ring = await this.#rings.find(tenant);
    const wrapped = ring?.keys.find((key) => key.number === number);
    if (wrapped === undefined) throw new Fault('secret-unreadable', 'a key that is not there');
    const bytes = await this.#unwrapped(tenant, wrapped);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return { key, wrapped: wrapped.wrapped };
  }

  async #unwrapped(tenant: string | null, wrapped: WrappedKey): Promise<Buffer> {
    const bytes = await this.#root.unwrap(wrapped, tenantKeyData(tenant, wrapped.number));
    // A ring that was copied from another tenant, or a key under another number, ends here.
    if (bytes?.length !== KEY_BYTES) throw new Fault('secret-unreadable', 'the key of a tenant');
    return bytes;
  }

  /**
   * A tenant that was removed and made again under its old name has another key of the same number:
   * what would be sealed with the one that is kept here would open for an hour, and never again.
   */
  #forgetOthers(tenant: string | null, { number, wrapped }: WrappedKey): void {
    const id = `${tenant ?? '*'}/${number}`;
    if (this.#entries.get(id)?.wrapped !== wrapped) this.#entries.delete(id);
  }

  /** Those that were asked for first are forgotten first. */
  #entry(id: string): Entry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest);
    const entry: Entry = {
      key: null,
      wrapped: null,
      atMs: 0,
      failed: null,
      pending: null,
    };
    this.#entries.set(id, entry);
    return entry;
  }
}

export const newestOf = ({ keys }: KeyRing): WrappedKey | undefined =>
  keys.reduce<WrappedKey | undefined>(
    (best, key) => (best === undefined || key.number > best.number ? key : best),
    undefined,
  );
