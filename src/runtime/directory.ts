/**
 * Who there is: what the file declares and what the store adds, as the gateway reads it.
 *
 * Tenants, roles and bindings are few and are held in memory; keys are many and are cached. Every
 * change of the store, ours or another process's, renews all of it within a second. While a change
 * is being read, answers are those of before it, whole.
 */
import type { Principal } from '#domain/principal.ts';
import type { Config } from '#config/config.ts';
import type { Peppers } from '#config/peppers.ts';
import type { TenantPolicy } from '#policy/access/roles.ts';
import type { KeyStore, StoredKey } from '#policy/authenticators/api-key.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { Storage } from '#storage/storage.ts';
import { Lru } from '#stdx/lru.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import { all, storedPolicies, tenantPolicies } from './tenant-policies.ts';

const CACHED_KEYS_MAX = 20_000;

interface Snapshot {
  readonly policies: ReadonlyMap<string, TenantPolicy>;
  readonly suspendedTenants: ReadonlySet<string>;
  readonly knownTenants: ReadonlySet<string>;
  readonly suspendedUsers: ReadonlySet<string>;
}

const EMPTY: Snapshot = {
  policies: new Map(),
  suspendedTenants: new Set(),
  knownTenants: new Set(),
  suspendedUsers: new Set(),
};

export class Directory implements KeyStore {
  readonly #storage: Storage;
  readonly #peppers: Peppers;
  readonly #found = new Lru<string, StoredKey>(CACHED_KEYS_MAX);
  /** Ids with a right checksum that do not exist: a flood of them is not a flood of look-ups. */
  readonly #unknown = new Lru<string, true>(CACHED_KEYS_MAX);
  #declared: Config['tenants'];
  #snapshot = EMPTY;
  /** Counts changes; what was read before one is not cached after it. */
  #generation = 0;

  constructor(storage: Storage, peppers: Peppers, config: Config) {
    this.#storage = storage;
    this.#peppers = peppers;
    this.#declared = config.tenants;
  }

  /** Reads the store again. On a fault the snapshot of before stays, and the fault is thrown. */
  async refresh(tenants: Config['tenants'] = this.#declared): Promise<void> {
    this.#declared = tenants;
    this.#generation += 1;
    this.#found.clear();
    this.#unknown.clear();
    this.#snapshot = await readSnapshot(this.#storage, tenants);
    // What was cached while the snapshot was read may be of before.
    this.#generation += 1;
    this.#found.clear();
    this.#unknown.clear();
  }

  policy(tenant: string): TenantPolicy | undefined {
    return this.#snapshot.policies.get(tenant);
  }

  find(id: string): MaybePromise<StoredKey | undefined> {
    const known = this.#found.get(id);
    if (known !== undefined) return known;
    return this.#unknown.get(id) === undefined ? this.#read(id) : undefined;
  }

  async #read(id: string): Promise<StoredKey | undefined> {
    const generation = this.#generation;
    const record = await this.#storage.keys.find(id);
    const isCurrent = generation === this.#generation;
    if (record === null) {
      if (isCurrent) this.#unknown.set(id, true);
      return undefined;
    }
    const stored = this.#storedKey(record);
    if (isCurrent) this.#found.set(id, stored);
    return stored;
  }

  pepper(version: number | 'newest'): Uint8Array {
    return this.#peppers.of(version === 'newest' ? this.#peppers.newest : version);
  }

  /** Whether a principal that was let in may not go on. A proof that merely expires may. */
  async isOver({ keyId, tenant, user }: Principal): Promise<boolean> {
    if (this.isSuspended(tenant, user)) return true;
    if (keyId === null) return false;
    const key = await this.find(keyId);
    return key === undefined || key.isRevoked || key.isSuspended;
  }

  /** An unknown tenant is one that nobody may be of. */
  isSuspended(tenant: string, user: string | null): boolean {
    const { knownTenants, suspendedTenants, suspendedUsers } = this.#snapshot;
    if (!knownTenants.has(tenant) || suspendedTenants.has(tenant)) return true;
    return user !== null && suspendedUsers.has(userKey(tenant, user));
  }

  #storedKey(record: KeyRecord): StoredKey {
    const { id, tenant, team, user, roles, mode, expiresMs, revokedMs, secrets } = record;
    const principal: Principal = {
      tenant,
      team,
      user,
      keyId: id,
      roles,
      claims: {},
      provenBy: 'api-key',
      scope: null,
      parent: null,
    };
    return {
      principal,
      mode,
      secrets: secrets.map(({ macHex, pepperVersion, notAfterMs }) => ({
        mac: Buffer.from(macHex, 'hex'),
        pepperVersion,
        notAfterMs,
      })),
      expiresMs,
      isRevoked: revokedMs !== null,
      isSuspended: this.isSuspended(tenant, user),
    };
  }
}

const userKey = (tenant: string, user: string): string => JSON.stringify([tenant, user]);

async function readSnapshot(storage: Storage, declared: Config['tenants']): Promise<Snapshot> {
  const [{ tenants, roles, bindings }, users] = await Promise.all([
    storedPolicies(storage),
    all((query) => storage.users.list(query)),
  ]);
  const building = tenantPolicies({ tenants, roles, bindings, declared });
  return {
    policies: building,
    knownTenants: new Set(building.keys()),
    suspendedTenants: new Set(tenants.filter(isSuspended).map(({ id }) => id)),
    suspendedUsers: new Set(users.filter(isSuspended).map(({ tenant, id }) => userKey(tenant, id))),
  };
}

const isSuspended = ({ status }: { readonly status: string }): boolean => status === 'suspended';
