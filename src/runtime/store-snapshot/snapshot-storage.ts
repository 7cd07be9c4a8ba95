/**
 * The store of a gateway that goes on without it. Keys, and the wrapped keys of tenants, are answered
 * from the snapshot while the store does not answer, or not in time. What is read whole (tenants,
 * roles, settings and the like) is answered from it only until the store was reached once: a reading
 * that is half of the one and half of the other would be neither.
 */
import { Fault } from '#domain/fault.ts';
import { kinds, type Kind } from '#storage/kinds.ts';
import { recordOf } from '#storage/read-record.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { Page, PageQuery, Repository, Storage, StorageWrites } from '#storage/storage.ts';
import { PAGE_MAX } from '#storage/storage.ts';
import type { StoredRow, StoreServer, WholeKind } from '#storage/store-state.ts';

import type { SnapshotKeeper } from './keeper.ts';

/** A store that is slow costs a call no more than this, where the snapshot knows the key. */
const LOOK_UP_MS = 1_000;

export function withSnapshot<S extends Storage>(
  store: S,
  server: Pick<StoreServer, 'isAway' | 'isReached'>,
  keeper: SnapshotKeeper,
): S {
  const from: From = { server, keeper };
  const { provisioning, marks } = store;
  const kept = <T>(of: () => T, otherwise: () => Promise<T>): Promise<T> =>
    isBefore(from) ? Promise.resolve(of()) : otherwise();
  const state = () => keeper.state;
  return {
    ...store,
    keys: { find: (id) => findKey(store.keys, id, from), list: (query) => store.keys.list(query) },
    keyRings: {
      find: (id) => findRing(store.keyRings, id, from),
      list: listOf(store.keyRings, kinds.keyRings, from, () => state()?.rows.keyRings),
    },
    ...wholeKindsOf(store, from),
    provisioning: {
      ...provisioning,
      groupNames: () =>
        kept(
          () => state()?.groups ?? [],
          () => provisioning.groupNames(),
        ),
      memberNames: (group) =>
        kept(
          () => state()?.groups.find(({ id }) => id === group)?.members ?? [],
          () => provisioning.memberNames(group),
        ),
      lockedOut: () =>
        kept(
          () => state()?.lockedOut ?? [],
          () => provisioning.lockedOut(),
        ),
    },
    marks: {
      ...marks,
      find: (name) =>
        kept(
          () => state()?.marks.get(name) ?? null,
          () => marks.find(name),
        ),
      // Somebody has said it before, or nobody can say it now.
      claim: async (name, value) =>
        (isBefore(from) ? state()?.marks.get(name) : undefined) ?? (await marks.claim(name, value)),
    },
    change: noting(store.change.bind(store), keeper),
  };
}

/** What is read whole, but for the rings of keys. */
function wholeKindsOf(store: Storage, from: From): Pick<Storage, Exclude<WholeKind, 'keyRings'>> {
  const rowsOf = (name: WholeKind): Rows => {
    return () => from.keeper.state?.rows[name];
  };
  return {
    tenants: wholeOf(store.tenants, kinds.tenants, from, rowsOf('tenants')),
    roles: wholeOf(store.roles, kinds.roles, from, rowsOf('roles')),
    bindings: wholeOf(store.bindings, kinds.bindings, from, rowsOf('bindings')),
    serviceAccounts: wholeOf(
      store.serviceAccounts,
      kinds.serviceAccounts,
      from,
      rowsOf('serviceAccounts'),
    ),
    settings: wholeOf(store.settings, kinds.settings, from, rowsOf('settings')),
    providerSecrets: wholeOf(
      store.providerSecrets,
      kinds.providerSecrets,
      from,
      rowsOf('providerSecrets'),
    ),
  };
}

interface From {
  readonly server: Pick<StoreServer, 'isAway' | 'isReached'>;
  readonly keeper: SnapshotKeeper;
}

/** The store was not reached since the start. */
const isBefore = ({ server, keeper }: From): boolean =>
  !server.isReached() && keeper.state !== null;

const isStoreFault = (thrown: unknown): boolean =>
  thrown instanceof Fault && thrown.code === 'storage-failed';

async function findKey(
  keys: Repository<KeyRecord>,
  id: string,
  { server, keeper }: From,
): Promise<KeyRecord | null> {
  const asked = keys.find(id);
  // Whoever waits for it has its fault; nobody may be waiting.
  asked.catch(() => {});
  // A snapshot that is behind says nothing while there is somebody to ask.
  const mayTell = (): boolean => !keeper.isBehind || server.isAway();
  try {
    return mayTell() && keeper.key(id) !== undefined ? await inTime(asked) : await asked;
  } catch (thrown) {
    const known = isStoreFault(thrown) && mayTell() ? keeper.key(id) : undefined;
    // Nobody can say whether it is a key: it may have been made at another gateway.
    if (known === undefined) throw thrown;
    return known;
  }
}

async function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Fault('storage-failed', 'the store did not answer in time');
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late), LOOK_UP_MS).unref();
  });
  try {
    return await Promise.race([asked, end]);
  } finally {
    clearTimeout(timer);
  }
}

async function findRing(
  rings: Storage['keyRings'],
  id: string,
  { keeper }: From,
): ReturnType<Storage['keyRings']['find']> {
  try {
    return await rings.find(id);
  } catch (thrown) {
    const row = keeper.state?.rows.keyRings.find((one) => one.id === id);
    if (!isStoreFault(thrown) || row === undefined) throw thrown;
    return recordOf(kinds.keyRings, { ...row });
  }
}

type Rows = () => readonly StoredRow[] | undefined;

const wholeOf = <R>(own: Repository<R>, kind: Kind<R>, from: From, rows: Rows): Repository<R> => ({
  find: (id) => own.find(id),
  list: listOf(own, kind, from, rows),
});

function listOf<R>(
  own: Repository<R>,
  kind: Kind<R>,
  from: From,
  rows: Rows,
): (query: PageQuery) => Promise<Page<R>> {
  return async (query) => {
    const all = isBefore(from) ? rows() : undefined;
    if (all === undefined) return await own.list(query);
    const { tenant, after = '', limit } = query;
    const count = Math.min(Math.max(1, limit), PAGE_MAX);
    const found: R[] = [];
    for (const row of all) {
      // One more than asked for says whether there is a next page.
      if (found.length > count) break;
      if (row.id <= after) continue;
      const record = recordOf(kind, { ...row });
      if (tenant === undefined || kind.tenant(record) === tenant) found.push(record);
    }
    const items = found.slice(0, count);
    const last = items.at(-1);
    const next = found.length > count && last !== undefined ? kind.id(last) : null;
    return { items, next };
  };
}

/** What a change that was made has written to keys is known here at once. */
const noting =
  (change: Storage['change'], keeper: SnapshotKeeper): Storage['change'] =>
  async (entry, work) => {
    const written = new Map<string, KeyRecord | null>();
    const made = await change(entry, (tx) => work(watched(tx, written)));
    if (made.ok) for (const [id, record] of written) keeper.note(id, record);
    return made;
  };

function watched(tx: StorageWrites, written: Map<string, KeyRecord | null>): StorageWrites {
  const { keys } = tx;
  return {
    ...tx,
    keys: {
      find: (id) => keys.find(id),
      async insert(record) {
        const made = await keys.insert(record);
        if (made.ok) written.set(record.id, made.value);
        return made;
      },
      async update(record) {
        const made = await keys.update(record);
        if (made.ok) written.set(record.id, made.value);
        return made;
      },
      async remove(id, version) {
        const gone = await keys.remove(id, version);
        if (gone.ok) written.set(id, null);
        return gone;
      },
    },
  };
}
