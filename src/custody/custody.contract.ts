/** A custody on rings in memory and a root key that is drawn for the test. */
import { randomBytes } from 'node:crypto';

import type { Clock } from '#stdx/clock.ts';

import type { Bound } from './bound.ts';
import { Custody } from './custody.ts';
import type { KeyRing, KeyRings } from './key-rings.ts';
import { type LocalKeys, localRoot } from './roots/local-root.ts';
import type { RootKey } from './roots/root.ts';
import { TenantKeys } from './tenant-keys.ts';

export class MemoryRings implements KeyRings {
  readonly rings = new Map<string | null, KeyRing>();
  finds = 0;

  find(tenant: string | null): Promise<KeyRing | null> {
    this.finds += 1;
    return Promise.resolve(this.rings.get(tenant) ?? null);
  }

  all(): Promise<readonly KeyRing[]> {
    return Promise.resolve([...this.rings.values()]);
  }

  keep(ring: KeyRing): Promise<boolean> {
    const isFresh = (this.rings.get(ring.tenant)?.version ?? 0) === ring.version;
    if (isFresh) this.rings.set(ring.tenant, { ...ring, version: ring.version + 1 });
    return Promise.resolve(isFresh);
  }
}

export interface TestCustody {
  readonly custody: Custody;
  readonly keys: TenantKeys;
  readonly rings: MemoryRings;
  readonly root: RootKey;
  readonly time: { ms: number };
  /** The root keys, the newest first: a test may put another before them. */
  readonly rootKeys: Uint8Array[];
}

export function testCustody(wrapRoot: (root: RootKey) => RootKey = (root) => root): TestCustody {
  const rootKeys: Uint8Array[] = [randomBytes(32)];
  const time = { ms: 0 };
  const clock: Clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  const rings = new MemoryRings();
  const root = wrapRoot(
    localRoot(() => {
      const [first = randomBytes(32), ...others] = rootKeys;
      const keys: LocalKeys = [first, ...others];
      return keys;
    }),
  );
  const keys = new TenantKeys(rings, root, clock);
  return { custody: new Custody(keys), keys, rings, root, time, rootKeys };
}

export const boundTo = (changes: Partial<Bound> = {}): Bound => ({
  tenant: null,
  owner: 'provider/openai',
  purpose: 'apiKey',
  origins: ['https://api.example.com'],
  ...changes,
});

export const newSecret = (): string => `sk-${randomBytes(24).toString('hex')}`;
