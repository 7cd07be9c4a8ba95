/**
 * Who there is: what the file declares and what the store adds, as the gateway reads it.
 *
 * Tenants, roles and bindings are few and are held in memory; keys are many and are cached. Every
 * change of the store, ours or another process's, renews all of it within a second. While a change
 * is being read, answers are those of before it, whole.
 */
import { Fault } from '#domain/fault.ts';
import { PARENTS_MAX } from '#domain/key-scope.ts';
import type { Principal, ServiceAccount } from '#domain/principal.ts';
import { type Run, RUN_DEPTH_MAX } from '#domain/run.ts';
import type { Config } from '#config/config.ts';
import type { Peppers } from '#config/peppers.ts';
import type { TenantPolicy } from '#policy/access/roles.ts';
import type { KeyStore, StoredKey } from '#policy/authenticators/api-key.ts';
import type { KeyRecord, ServiceAccountRecord, TenantRecord } from '#storage/records.ts';
import type { Storage } from '#storage/storage.ts';
import { Lru } from '#stdx/lru.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import { storedPolicies, tenantPolicies } from './tenant-policies.ts';

const CACHED_KEYS_MAX = 20_000;

interface Snapshot {
  readonly policies: ReadonlyMap<string, TenantPolicy>;
  readonly suspendedTenants: ReadonlySet<string>;
  readonly knownTenants: ReadonlySet<string>;
  readonly suspendedUsers: ReadonlySet<string>;
  /** Those that may call, by id. */
  readonly serviceAccounts: ReadonlyMap<string, ServiceAccountRecord>;
  /** How long keys of a tenant work at most; tenants that do not say are not in it. */
  readonly keyLivesMs: ReadonlyMap<string, number>;
  /** Tenants for which tokens that are bound to nothing do not count. */
  readonly boundTenants: ReadonlySet<string>;
}

const EMPTY: Snapshot = {
  policies: new Map(),
  suspendedTenants: new Set(),
  knownTenants: new Set(),
  suspendedUsers: new Set(),
  serviceAccounts: new Map(),
  keyLivesMs: new Map(),
  boundTenants: new Set(),
};

export class Directory implements KeyStore {
  readonly #storage: Storage;
  readonly #peppers: Peppers;
  readonly #found = new Lru<string, StoredKey>(CACHED_KEYS_MAX);
  /** Ids with a right checksum that do not exist: a flood of them is not a flood of look-ups. */
  readonly #unknown = new Lru<string, true>(CACHED_KEYS_MAX);
  /** How long what is in memory may be asked while the store is away. */
  readonly #staleMs: number;
  #declared: Config['tenants'];
  #snapshot = EMPTY;
  /** Counts changes; what was read before one is not cached after it. */
  #generation = 0;
  /** Readings of the store are numbered as they begin; the number of the one that is in force. */
  #readings = 0;
  #inForce = 0;

  constructor(storage: Storage, peppers: Peppers, config: Config) {
    this.#storage = storage;
    this.#peppers = peppers;
    this.#declared = config.tenants;
    this.#staleMs = config.storage.type === 'postgres' ? config.storage.staleMax.ms : Infinity;
  }

  /**
   * Reads the store again. On a fault the snapshot of before stays, and the fault is thrown; other
   * `tenants` are then not taken, also not by the next reading. It reads once more for each other
   * reading that came into force meanwhile: as often as something was changed, and no oftener.
   */
  async refresh(tenants?: Config['tenants']): Promise<void> {
    for (;;) {
      const declared = tenants ?? this.#declared;
      this.#forget();
      this.#readings += 1;
      const reading = this.#readings;
      const snapshot = await readSnapshot(this.#storage, declared);
      // One that began later knows more: what this one has read may be of before a suspension.
      const isOvertaken = reading < this.#inForce;
      if (isOvertaken && tenants === undefined) return;
      // What the file says and what the store says come from two sides, and neither may be lost.
      const isOutdated = tenants === undefined && declared !== this.#declared;
      if (isOvertaken || isOutdated) continue;
      this.#inForce = reading;
      this.#declared = declared;
      this.#snapshot = snapshot;
      // What was cached while the snapshot was read may be of before.
      this.#forget();
      return;
    }
  }

  #forget(): void {
    this.#generation += 1;
    this.#found.clear();
    this.#unknown.clear();
  }

  policy(tenant: string): TenantPolicy | undefined {
    this.#checkAge();
    return this.#snapshot.policies.get(tenant);
  }

  find(id: string): MaybePromise<StoredKey | undefined> {
    this.#checkAge();
    const known = this.#found.get(id);
    if (known !== undefined) return known;
    return this.#unknown.get(id) === undefined ? this.#read(id) : undefined;
  }

  /** Nobody can say what was revoked since: after a time that the operator has named, nothing is let in. */
  #checkAge(): void {
    if (this.#storage.silentMs() <= this.#staleMs) return;
    throw new Fault('storage-failed', 'the store has been away for longer than storage.staleMax');
  }

  async #read(id: string): Promise<StoredKey | undefined> {
    const generation = this.#generation;
    const record = await this.#storage.keys.find(id);
    if (record === null) {
      if (generation === this.#generation) this.#unknown.set(id, true);
      return undefined;
    }
    const stored = await this.#storedKey(record);
    if (generation === this.#generation) this.#found.set(id, stored);
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
    return key === undefined || key.flaw !== null;
  }

  /** An unknown tenant is one that nobody may be of. */
  isSuspended(tenant: string, user: string | null): boolean {
    const { knownTenants, suspendedTenants, suspendedUsers } = this.#snapshot;
    if (!knownTenants.has(tenant) || suspendedTenants.has(tenant)) return true;
    return user !== null && suspendedUsers.has(userKey(tenant, user));
  }

  needsBoundTokens(tenant: string): boolean {
    return this.#snapshot.boundTenants.has(tenant);
  }

  async #storedKey(record: KeyRecord, left = STEPS_MAX): Promise<StoredKey> {
    const { id, tenant, user, serviceAccount, roles, scope, mode, secrets } = record;
    const parent = await this.#parentOf(record, left);
    const principal: Principal = {
      tenant,
      team: record.team ?? this.#accountOf(tenant, serviceAccount)?.team ?? null,
      user,
      serviceAccount,
      keyId: id,
      roles,
      claims: {},
      provenBy: 'api-key',
      scope,
      parent: parent?.principal ?? null,
      run: runOf(record),
    };
    return {
      principal,
      mode,
      secrets: secrets.map(({ macHex, pepperVersion, notAfterMs }) => ({
        mac: Buffer.from(macHex, 'hex'),
        pepperVersion,
        notAfterMs,
      })),
      expiresMs: earliest([this.#ownEnd(record), parent?.expiresMs ?? null]),
      // A key above that is gone, or a chain without an end, leaves nothing to stand on.
      flaw: this.#ownFlaw(record) ?? (parent === undefined ? 'revoked' : (parent?.flaw ?? null)),
    };
  }

  /** Null: it has none. Undefined: it had one. */
  async #parentOf(
    { parent, tenant, run }: KeyRecord,
    left: StepsLeft,
  ): Promise<StoredKey | null | undefined> {
    // A run stands on the key that it was minted from, whatever its record has become.
    if (parent === null) return run === null ? null : undefined;
    const kind = run === null ? 'keys' : 'runs';
    const record = left[kind] > 0 ? await this.#storage.keys.find(parent) : null;
    if (record === null || record.tenant !== tenant) return undefined;
    return await this.#storedKey(record, { ...left, [kind]: left[kind] - 1 });
  }

  /** Of another tenant, suspended or deleted: none. */
  #accountOf(tenant: string, account: ServiceAccount | null): ServiceAccountRecord | null {
    const found = account === null ? undefined : this.#snapshot.serviceAccounts.get(account.id);
    return found?.tenant === tenant ? found : null;
  }

  #ownFlaw({
    revokedMs,
    quarantinedMs,
    isHoney,
    tenant,
    user,
    serviceAccount,
  }: KeyRecord): StoredKey['flaw'] {
    if (isHoney) return 'honey';
    if (revokedMs !== null) return 'revoked';
    if (quarantinedMs !== null) return 'quarantined';
    if (serviceAccount !== null && this.#accountOf(tenant, serviceAccount) === null)
      return 'suspended';
    return this.isSuspended(tenant, user) ? 'suspended' : null;
  }

  #ownEnd({ tenant, createdMs, expiresMs }: KeyRecord): number | null {
    const lifeMs = this.#snapshot.keyLivesMs.get(tenant);
    return earliest([expiresMs, lifeMs === undefined ? null : createdMs + lifeMs]);
  }
}

/** How many steps upwards may be taken from keys, and from runs. */
interface StepsLeft {
  readonly keys: number;
  readonly runs: number;
}

const STEPS_MAX: StepsLeft = { keys: PARENTS_MAX, runs: RUN_DEPTH_MAX + 1 };

function runOf({ run, createdMs, expiresMs }: KeyRecord): Run | null {
  if (run === null) return null;
  const { path, nanoUsd, calls, depth } = run;
  return { path, nanoUsd, calls, depth, beganMs: createdMs, endsMs: expiresMs ?? createdMs };
}

const earliest = (ends: readonly (number | null)[]): number | null => {
  const known = ends.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
};

const userKey = (tenant: string, user: string): string => JSON.stringify([tenant, user]);

async function readSnapshot(storage: Storage, declared: Config['tenants']): Promise<Snapshot> {
  const [stored, lockedOut] = await Promise.all([
    storedPolicies(storage, declared),
    storage.provisioning.lockedOut(),
  ]);
  const { tenants, serviceAccounts } = stored;
  const building = tenantPolicies({ ...stored, declared });
  return {
    policies: building,
    knownTenants: new Set(building.keys()),
    suspendedTenants: new Set(tenants.filter(isSuspended).map(({ id }) => id)),
    suspendedUsers: new Set(lockedOut.map(({ tenant, user }) => userKey(tenant, user))),
    serviceAccounts: new Map(
      serviceAccounts.filter((one) => !isSuspended(one)).map((one) => [one.id, one]),
    ),
    keyLivesMs: keyLives(tenants, declared),
    boundTenants: boundTenants(tenants, declared),
  };
}

function keyLives(
  tenants: readonly TenantRecord[],
  declared: Config['tenants'],
): ReadonlyMap<string, number> {
  const lives = new Map<string, number>();
  for (const { id, keyLifeMsMax } of tenants) {
    if (keyLifeMsMax !== null) lives.set(id, keyLifeMsMax);
  }
  for (const { id, keys } of declared) {
    if (keys.lifetimeMax !== undefined) lives.set(id, keys.lifetimeMax.ms);
  }
  return lives;
}

/** What the file declares, it owns, also where the store has a tenant of that id. */
function boundTenants(
  tenants: readonly TenantRecord[],
  declared: Config['tenants'],
): ReadonlySet<string> {
  const bound = new Map([...tenants, ...declared].map((one) => [one.id, one.boundTokens]));
  return new Set([...bound.keys()].filter((id) => bound.get(id) === true));
}

const isSuspended = ({ status }: { readonly status: string }): boolean => status === 'suspended';
