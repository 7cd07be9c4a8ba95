/** The keys of tenants as a store keeps them: wrapped by a root key, and of no use without it. */
export interface WrappedKey {
  /** Counts from 1; the highest seals. */
  readonly number: number;
  /** The version of the root key that wraps it. */
  readonly root: string;
  readonly wrapped: string;
  readonly createdMs: number;
}

export interface KeyRing {
  /** Null: the keys of the platform. */
  readonly tenant: string | null;
  readonly keys: readonly WrappedKey[];
  /** Of the record; 0: it is not there yet. */
  readonly version: number;
}

export interface KeyRings {
  find(tenant: string | null): Promise<KeyRing | null>;
  all(): Promise<readonly KeyRing[]>;
  /** False: it was changed since it was read, and nothing was written. */
  keep(ring: KeyRing, why: 'create' | 'rewrap' | 'rotate'): Promise<boolean>;
}
