/**
 * The keys of content: one a subject, wrapped by one a tenant, wrapped by the root key. An unwrapped key
 * is kept for ten minutes at most and forgotten at once when its subject is erased.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

import { decrypt, encrypt, KEY_BYTES } from '#custody/aead.ts';
import type { RootKey } from '#custody/roots/root.ts';
import { Fault } from '#domain/fault.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';
import type { Contents, Subject, SubjectRecord } from '#storage/contents.ts';

const KEPT_MS = 600_000;
const KEPT_MAX = 2_000;
const SUBJECT_ID_CHARS = 20;

interface Kept {
  readonly key: KeyObject;
  readonly atMs: number;
}

export interface OpenSubject {
  readonly id: string;
  readonly key: KeyObject;
}

/** An array of JSON ends where it ends: no part of it can be moved into its neighbour. */
const dataOf = (...parts: readonly (string | null)[]): Buffer => Buffer.from(JSON.stringify(parts));
const tenantData = (tenant: string): Buffer => dataOf('llmproxy.content-tenant-key.1', tenant);
const subjectData = ({ tenant, user, endUser, key }: Subject, id: string): Buffer =>
  dataOf('llmproxy.content-subject-key.1', tenant, id, user, endUser, key);

export class ContentKeys {
  readonly #contents: Contents;
  readonly #root: RootKey;
  readonly #clock: Clock;
  readonly #tenants = new Lru<string, Kept>(KEPT_MAX);
  readonly #subjects = new Lru<string, Kept>(KEPT_MAX);

  constructor(contents: Contents, root: RootKey, clock: Clock) {
    this.#contents = contents;
    this.#root = root;
    this.#clock = clock;
  }

  /** The key of whom a call is about; made with their first. Rejects with a `Fault`. */
  async forSubject(subject: Subject): Promise<OpenSubject> {
    const tenantKey = await this.#tenantKey(subject.tenant);
    const known = this.#contents.subject(subject);
    if (known !== null) return { id: known.id, key: this.#open(known, tenantKey) };
    const id = `sub_${randomBase62(SUBJECT_ID_CHARS)}`;
    const bytes = randomBytes(KEY_BYTES);
    const wrapped = encrypt(tenantKey, bytes, subjectData(subject, id));
    bytes.fill(0);
    // Of two calls that make it at once one counts, and both use that one.
    const kept = this.#contents.addSubject({ ...subject, id, wrapped });
    return { id: kept.id, key: this.#open(kept, tenantKey) };
  }

  async ofRecord(record: SubjectRecord): Promise<OpenSubject> {
    return { id: record.id, key: this.#open(record, await this.#tenantKey(record.tenant)) };
  }

  forget(subjects: readonly string[]): void {
    for (const id of subjects) this.#subjects.delete(id);
  }

  /** Under the newest root key, so that older ones can go. How many were wrapped anew. */
  async rewrap(): Promise<number> {
    const newest = await this.#root.newest();
    let count = 0;
    for (const stored of this.#contents.tenantKeys()) {
      if (stored.root === newest) continue;
      const data = tenantData(stored.tenant);
      const bytes = await this.#root.unwrap(stored, data);
      if (bytes === null) throw unreadable();
      const wrapped = await this.#root.wrap(bytes, data);
      bytes.fill(0);
      this.#contents.replaceTenantKey({ tenant: stored.tenant, ...wrapped });
      count += 1;
    }
    return count;
  }

  #open(record: SubjectRecord, tenantKey: KeyObject): KeyObject {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#subjects.get(record.id);
    if (kept !== undefined && nowMs - kept.atMs < KEPT_MS) return kept.key;
    const bytes = decrypt(tenantKey, record.wrapped, subjectData(record, record.id));
    if (bytes === null) throw unreadable();
    const key = createSecretKey(bytes);
    bytes.fill(0);
    this.#subjects.set(record.id, { key, atMs: nowMs });
    return key;
  }

  async #tenantKey(tenant: string): Promise<KeyObject> {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#tenants.get(tenant);
    if (kept !== undefined && nowMs - kept.atMs < KEPT_MS) return kept.key;
    const bytes = await this.#tenantBytes(tenant);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    this.#tenants.set(tenant, { key, atMs: nowMs });
    return key;
  }

  async #tenantBytes(tenant: string): Promise<Buffer> {
    const data = tenantData(tenant);
    let stored = this.#contents.tenantKey(tenant);
    if (stored === null) {
      const fresh = randomBytes(KEY_BYTES);
      stored = this.#contents.addTenantKey({ tenant, ...(await this.#root.wrap(fresh, data)) });
      fresh.fill(0);
    }
    const bytes = await this.#root.unwrap(stored, data);
    if (bytes?.length !== KEY_BYTES) throw unreadable();
    return bytes;
  }
}

const unreadable = (): Fault =>
  new Fault('secret-unreadable', 'a key of content, of another root key or changed');
