/** Opens custody on a store and the root key of a configuration, or says why it cannot be opened. */
import { randomBytes } from 'node:crypto';

import type { CustodySection } from '#config/custody-section.ts';
import { createRootFile, readRootFile, rootFileIn } from '#config/root-file.ts';
import { Custody } from '#custody/custody.ts';
import type { KeyRing, KeyRings } from '#custody/key-rings.ts';
import type { CustodyRoom } from '#custody/parts.ts';
import { createRoot } from '#custody/roots/registry.ts';
import type { RootKey, RootPorts } from '#custody/roots/root.ts';
import { rootsOf } from '#custody/roots/roots.ts';
import { TenantKeys } from '#custody/tenant-keys.ts';
import { Fault } from '#domain/fault.ts';
import { JsonClient } from '#gateway/json-client.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { ringId } from '#storage/custody-records.ts';
import type { Storage } from '#storage/storage.ts';

import { all } from './tenant-policies.ts';

export interface CustodyParts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly dataDir: string;
  readonly section: CustodySection;
  readonly env: RootPorts['env'];
  /** In the log: who changes keys of tenants. */
  readonly actor: string;
}

/** Names the root key that the gateways of a store have. */
const MARK = 'root-key';

export interface OpenCustody extends CustodyRoom {
  close(): Promise<void>;
}

/** Throws a `ConfigProblem` where what the store has would not open: better now than call by call. */
export async function openCustody(parts: CustodyParts): Promise<OpenCustody> {
  const rings = storedRings(parts);
  const stored = await rings.all();
  const marked = await parts.storage.marks.find(MARK);
  const clients = new Map<boolean, JsonClient>();
  const close = async (): Promise<void> => {
    await Promise.all([...clients.values()].map((client) => client.close()));
  };
  const ports: RootPorts = {
    env: parts.env,
    keyFile: (path) => {
      const own = rootFileIn(parts.dataDir);
      // With secrets in the store, or other gateways on it, the root key that they have is missed: a
      // new one would open nothing of theirs.
      if (path === null && stored.length === 0 && marked === null) createRootFile(own);
      return readRootFile(path ?? own);
    },
    ask: async ({ url, token, json }, allowPrivateAddress) => {
      const client = clients.get(allowPrivateAddress) ?? new JsonClient({ allowPrivateAddress });
      clients.set(allowPrivateAddress, client);
      return await client.ask({ url, json, authorization: `Bearer ${token}` });
    },
  };
  try {
    const root = openRoots(parts.section, ports);
    checkRings(root, stored);
    await checkRoot(root);
    await checkMark(root, parts.storage.marks);
    const keys = new TenantKeys(rings, root, parts.clock);
    return { custody: new Custody(keys), keys, rings, root, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function openRoots({ root, older }: CustodySection, ports: RootPorts): RootKey {
  const open = (entry: CustodySection['root'], path: readonly (string | number)[]): RootKey => {
    try {
      return createRoot(entry, ports);
    } catch (thrown) {
      if (!(thrown instanceof ConfigProblem)) throw thrown;
      throw new ConfigProblem(['custody', ...path, ...thrown.path], thrown.message);
    }
  };
  return rootsOf(
    open(root, ['root']),
    older.map((entry, index) => open(entry, ['older', index])),
  );
}

function checkRings(root: RootKey, rings: readonly KeyRing[]): void {
  const missing = rings.flatMap(({ keys }) => keys).find((key) => !root.holds(key.root));
  if (missing === undefined) return;
  throw new ConfigProblem(
    ['custody', 'root'],
    `the store has keys under the root key ${missing.root}, which is not here: restore it, or name it below custody.older`,
  );
}

/** A root key that does not give back what it took would make every new secret unreadable. */
async function checkRoot(root: RootKey): Promise<void> {
  const [key, data] = [randomBytes(32), Buffer.from('["llmproxy.check.1"]')];
  let back: Buffer | null = null;
  try {
    back = await root.unwrap(await root.wrap(key, data), data);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
  }
  if (back?.equals(key) === true) return;
  const message =
    'the root key cannot be used: it does not wrap, or does not unwrap what it wrapped';
  throw new ConfigProblem(['custody', 'root'], message);
}

/** Gateways that share a store wrap under one root key: each must hold what another has wrapped. */
async function checkMark(root: RootKey, marks: Storage['marks']): Promise<void> {
  const own = await root.newest();
  const said = await marks.claim(MARK, own);
  if (said === own) return;
  if (root.holds(said)) {
    // The operator has put a newer one before it.
    await marks.replace(MARK, said, own);
    return;
  }
  throw new ConfigProblem(
    ['custody', 'root'],
    `gateways of this store use the root key ${said}, which is not here: copy \`root-key\` from the data folder of one of them, or name its key below custody`,
  );
}

const ACTIONS = {
  create: 'secrets.create-key',
  rewrap: 'secrets.rewrap-key',
  rotate: 'secrets.rotate-key',
} as const;

function storedRings({ storage, clock, actor }: CustodyParts): KeyRings {
  return {
    find: (tenant) => storage.keyRings.find(ringId(tenant)),
    // Whose keys they are is said by their place, as it is where one tenant's are asked for.
    all: async () =>
      (await all((query) => storage.keyRings.list(query))).map((ring) => ({
        ...ring,
        tenant: ring.id === ringId(null) ? null : ring.id,
      })),
    async keep({ tenant, keys, version }, why) {
      const id = ringId(tenant);
      const entry = {
        id: `cus_${randomBase62(20)}`,
        at: clock.nowMs(),
        actor,
        action: ACTIONS[why],
        resource: `key-ring/${tenant ?? 'platform'}`,
        tenant,
        diff: { keys: keys.map(({ number, root }) => ({ number, root })) },
      };
      const record = { id, tenant, keys, version: Math.max(1, version) };
      const kept = await storage.change<unknown, unknown>(entry, (tx) =>
        version === 0 ? tx.keyRings.insert(record) : tx.keyRings.update(record),
      );
      return kept.ok;
    },
  };
}
