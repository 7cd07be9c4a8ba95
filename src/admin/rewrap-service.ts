/**
 * Wraps anew what is kept, while calls go on: keys of tenants under the newest root key, data keys under
 * the newest key of their tenant, or every secret under a new data key. What was wrapped before opens
 * until it is replaced, and a key stays for some time after it wraps nothing more, so no call fails.
 */
import type { Custody } from '#custody/custody.ts';
import type { KeyRing } from '#custody/key-rings.ts';
import type { CustodyRoom } from '#custody/parts.ts';
import { newestOf } from '#custody/tenant-keys.ts';
import type { Bound } from '#custody/bound.ts';
import { sealedJson } from '#custody/sealed.ts';
import { Fault } from '#domain/fault.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';
import { ok, type Result } from '#stdx/result.ts';
import type { ChangedEntry } from '#storage/change-records.ts';
import type { Storage, StorageWrites } from '#storage/storage.ts';

import {
  boundOfProviderSecret,
  type Entry,
  pagesOf,
  sealedFieldsOf,
  usesOfKeys,
} from './kept-secrets.ts';

export interface RewrapPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly room: CustodyRoom;
  /** In the log. */
  readonly actor: string;
}

export interface RewrapWish {
  /** New keys of tenants. */
  readonly rotateKeys: boolean;
  /** New data keys. */
  readonly rotateSecrets: boolean;
  /** What is not done by then is for the next time. */
  readonly deadlineMs: number;
}

export interface Rewrapped {
  keys: number;
  secrets: number;
  /** What does not open: it was changed, or its root key is gone. Left as it is. */
  unreadable: string[];
  isComplete: boolean;
}

const TRIES_MAX = 5;
const UNREADABLE_MAX = 16;
const CHUNK = 100;

export async function rewrapAll(ports: RewrapPorts, wish: RewrapWish): Promise<Rewrapped> {
  const done: Rewrapped = { keys: 0, secrets: 0, unreadable: [], isComplete: true };
  const newestRoot = await ports.room.root.newest();
  const uses = await usesOfKeys(ports.storage);
  for (const ring of await ports.room.rings.all()) {
    if (isLate(ports, wish, done)) return done;
    await noted(done, `key-ring/${ring.tenant ?? 'platform'}`, async () => {
      if (await rewrapRing(ports, ring, { wish, newestRoot, uses })) done.keys += 1;
    });
  }
  await rewrapSettings(ports, wish, done);
  await rewrapProposals(ports, wish, done);
  await rewrapProviderSecrets(ports, wish, done);
  return done;
}

function isLate({ clock }: RewrapPorts, { deadlineMs }: RewrapWish, done: Rewrapped): boolean {
  if (clock.monotonicMs() >= deadlineMs) done.isComplete = false;
  return !done.isComplete;
}

/** One that does not open stops nobody else's. */
async function noted(done: Rewrapped, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'secret-unreadable') throw thrown;
    if (done.unreadable.length < UNREADABLE_MAX) done.unreadable.push(what);
  }
}

interface RingWork {
  readonly wish: RewrapWish;
  readonly newestRoot: string;
  readonly uses: ReadonlyMap<string, number>;
}

async function rewrapRing(ports: RewrapPorts, first: KeyRing, work: RingWork): Promise<boolean> {
  const { keys, rings } = ports.room;
  let ring: KeyRing | null = first;
  for (let tries = 0; ring !== null && tries < TRIES_MAX; tries += 1) {
    const kept = withoutUnused(ring, work.uses, ports.clock.nowMs());
    const rotated: KeyRing = work.wish.rotateKeys ? await keys.rotated(kept) : kept;
    const next: KeyRing = (await keys.rewrapped(rotated, work.newestRoot)) ?? rotated;
    if (next === ring) return false;
    if (await rings.keep(next, work.wish.rotateKeys ? 'rotate' : 'rewrap')) return true;
    ring = await rings.find(ring.tenant);
  }
  throw new Fault('storage-failed', 'the keys of a tenant are changed again and again');
}

/** For so long a key stays after the next one came: a secret that it seals just now is not stored yet. */
const GRACE_MS = 600_000;

/** Keys that wrapped nothing when this began go, but the newest, and those before a new one. */
function withoutUnused(ring: KeyRing, uses: RingWork['uses'], nowMs: number): KeyRing {
  const kept = ring.keys.filter(({ number }) => {
    const next = ring.keys.filter((key) => key.number > number).map(({ createdMs }) => createdMs);
    const isYoung = next.length === 0 || Math.min(...next) > nowMs - GRACE_MS;
    return isYoung || uses.has(`${ring.tenant ?? '*'}/${number}`);
  });
  return kept.length === ring.keys.length ? ring : { ...ring, keys: kept };
}

const anew = (custody: Custody, bound: Bound, sealed: string, wish: RewrapWish) =>
  wish.rotateSecrets ? custody.resealed(bound, sealed) : custody.rewrapped(bound, sealed);

interface Work {
  readonly ports: RewrapPorts;
  readonly wish: RewrapWish;
  readonly done: Rewrapped;
}

/** The secrets of an entry that are wrapped by an old key, by a new one. */
async function fieldsAnew(
  { ports, wish, done }: Work,
  what: string,
  entry: Entry,
): Promise<JsonObject> {
  const changed: JsonObject = {};
  for (const [field, { bound, sealed }] of sealedFieldsOf(entry)) {
    await noted(done, what, async () => {
      const next = await anew(ports.room.custody, bound, sealed, wish);
      if (next !== null) changed[field] = sealedJson(next);
    });
  }
  return changed;
}

/** All settings of a page in one transaction: each one is a configuration that is built anew. */
async function rewrapSettings(
  ports: RewrapPorts,
  wish: RewrapWish,
  done: Rewrapped,
): Promise<void> {
  const { storage } = ports;
  for await (const records of pagesOf((query) => storage.settings.list(query))) {
    if (isLate(ports, wish, done)) return;
    const changed = new Map<string, JsonObject>();
    for (const record of records) {
      const fields = await fieldsAnew({ ports, wish, done }, `config/${record.id}`, record);
      if (Object.keys(fields).length > 0) changed.set(record.id, fields);
    }
    done.secrets += await written(ports, 'config', changed.size, async (tx) => {
      let count = 0;
      for (const record of records) {
        const fields = changed.get(record.id);
        if (fields === undefined) continue;
        const value = { ...record.value, ...fields };
        // One that somebody has changed meanwhile was sealed by the newest key.
        if ((await tx.settings.update({ ...record, value })).ok) count += 1;
      }
      return count;
    });
  }
}

/** Secrets of proposals: whoever agrees puts them in force as they lie here. */
async function rewrapProposals(
  ports: RewrapPorts,
  wish: RewrapWish,
  done: Rewrapped,
): Promise<void> {
  const { storage } = ports;
  for await (const records of pagesOf((query) => storage.configChanges.list(query))) {
    for (const record of records.filter(({ state }) => state === 'proposed')) {
      if (isLate(ports, wish, done)) return;
      let count = 0;
      const entries: ChangedEntry[] = [];
      for (const { value, ...of } of record.entries) {
        const asked = { ...of, value: value ?? {} };
        const fields = await fieldsAnew({ ports, wish, done }, `config-change/${record.id}`, asked);
        count += Object.keys(fields).length;
        entries.push({ ...of, value: value === null ? null : { ...value, ...fields } });
      }
      done.secrets += await written(ports, 'config-changes', count, async (tx) =>
        (await tx.configChanges.update({ ...record, entries })).ok ? count : 0,
      );
    }
  }
}

async function rewrapProviderSecrets(
  ports: RewrapPorts,
  wish: RewrapWish,
  done: Rewrapped,
): Promise<void> {
  const { storage, room } = ports;
  for await (const page of pagesOf((query) => storage.providerSecrets.list(query))) {
    for (let start = 0; start < page.length; start += CHUNK) {
      if (isLate(ports, wish, done)) return;
      const changed = new Map<string, string>();
      const records = page.slice(start, start + CHUNK);
      for (const record of records) {
        await noted(done, `provider-secret/${record.id}`, async () => {
          const bound = boundOfProviderSecret(record);
          const next = await anew(room.custody, bound, record.sealed, wish);
          if (next !== null) changed.set(record.id, next);
        });
      }
      done.secrets += await written(ports, 'provider-secrets', changed.size, async (tx) => {
        let count = 0;
        for (const record of records) {
          const sealed = changed.get(record.id);
          if (sealed === undefined) continue;
          if ((await tx.providerSecrets.update({ ...record, sealed })).ok) count += 1;
        }
        return count;
      });
    }
  }
}

async function written(
  { storage, clock, actor }: RewrapPorts,
  resource: string,
  secrets: number,
  work: (tx: StorageWrites) => Promise<number>,
): Promise<number> {
  if (secrets === 0) return 0;
  const entry = {
    id: `rew_${randomBase62(20)}`,
    at: clock.nowMs(),
    actor,
    action: 'secrets.rewrap',
    resource,
    tenant: null,
    diff: { secrets },
  };
  const changed: Result<number, never> = await storage.change(entry, async (tx) =>
    ok(await work(tx)),
  );
  return changed.ok ? changed.value : 0;
}

export interface KeyRingStatus {
  readonly tenant: string | null;
  readonly keys: readonly {
    readonly number: number;
    readonly root: string;
    readonly isNewest: boolean;
    readonly createdMs: number;
    /** Secrets whose data key it wraps. */
    readonly secrets: number;
  }[];
}

export interface SecretsStatus {
  /** The root key that wraps now; null: it cannot be asked. */
  readonly root: string | null;
  readonly rings: readonly KeyRingStatus[];
  /** Everything is under the newest key, and every key under the newest root key. */
  readonly isCurrent: boolean;
}

export async function secretsStatus({
  storage,
  room,
}: Pick<RewrapPorts, 'storage' | 'room'>): Promise<SecretsStatus> {
  const uses = await usesOfKeys(storage);
  const root = await room.root.newest().catch((thrown: unknown) => {
    if (thrown instanceof Fault) return null;
    throw thrown;
  });
  const rings = (await room.rings.all()).map((ring): KeyRingStatus => {
    const newest = newestOf(ring)?.number;
    const keys = ring.keys.map(({ number, root: by, createdMs }) => ({
      number,
      root: by,
      isNewest: number === newest,
      createdMs,
      secrets: uses.get(`${ring.tenant ?? '*'}/${number}`) ?? 0,
    }));
    return { tenant: ring.tenant, keys };
  });
  const all = rings.flatMap(({ keys }) => keys);
  const isCurrent = all.every(
    ({ root: by, isNewest, secrets }) => by === root && (isNewest || secrets === 0),
  );
  return { root, rings, isCurrent };
}
