import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fs, { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import fc from 'fast-check';

import { Fault } from '#domain/fault.ts';

import { type AuditFiles, diskFiles } from '../file-port.ts';
import { CheckpointFiles } from '../merkle/checkpoint-files.ts';
import { Sequencer } from '../merkle/sequencer.ts';
import { noteSigner } from '../merkle/signed-note.ts';
import { TileFiles } from '../merkle/tile-files.ts';
import { type AuditLog, openAuditLog } from '../writer.ts';
import { fleetSigners } from './fleet-keys.ts';
import { FLEET_FOLDER, FleetLog } from './fleet-log.ts';
import { fleetStoreContract, MemoryFleetStore } from './fleet-store.contract.ts';
import { verifyFleet } from './verify-fleet.ts';

const PEPPER = Buffer.alloc(32, 7);
const KEYS = fleetSigners('of-a-test', [PEPPER]);
const root = mkdtempSync(join(tmpdir(), 'fleet-test-'));
after(() => rmSync(root, { recursive: true }));

fleetStoreContract('memory', async () => new MemoryFleetStore());

interface Gateway {
  readonly dir: string;
  readonly fleet: FleetLog;
  /** Writes so many records, signs them, and adds the checkpoint to the fleet's log. */
  sign(records: number): Promise<void>;
  readonly checkpoint: () => string;
  close(): Promise<void>;
}

let made = 0;
async function gateway(store: MemoryFleetStore, files: AuditFiles = diskFiles): Promise<Gateway> {
  made += 1;
  const dir = join(root, `gateway-${made}`);
  const origin = `llmproxy/gateway-${made}`;
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  const signer = noteSigner(origin, pem.toString());
  const log: AuditLog = await openAuditLog({
    dir,
    writer: 'main',
    lock: () => ({ release() {} }),
    limits: { ballastBytes: 512, segmentBytesMax: 8_000 },
  });
  const signing = new Sequencer({
    files: diskFiles,
    dir,
    origin,
    signers: () => [signer],
    syncedSeq: () => log.status().syncedSeq,
  });
  const fleet = new FleetLog({ files, dir, store, keys: async () => KEYS });
  const checkpoint = (): string =>
    new CheckpointFiles(new TileFiles(diskFiles, join(dir, 'log'))).note() ?? '';
  return {
    dir,
    fleet,
    checkpoint,
    async sign(records) {
      for (let at = 0; at < records; at += 1)
        await log.append({ kind: 'admit', requestId: `r${at}`, tenant: 'acme' });
      await log.flush();
      await signing.publish();
      await fleet.add(checkpoint());
    },
    async close() {
      signing.close();
      await log.close();
    },
  };
}

async function fleetOf(count: number, store = new MemoryFleetStore()) {
  const gateways: Gateway[] = [];
  for (let at = 0; at < count; at += 1) gateways.push(await gateway(store));
  const dirs = gateways.map(({ dir }) => dir);
  const close = async (): Promise<void> => {
    for (const one of gateways) await one.close();
  };
  return { store, gateways, dirs, close };
}

const first = <T>(items: readonly T[]): T => {
  const [item] = items;
  assert.ok(item !== undefined);
  return item;
};
const last = <T>(items: readonly T[]): T => first(items.slice(-1));

test('checkpoints of several gateways are one log, whoever comes when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (turns) => {
        const { store, gateways, dirs, close } = await fleetOf(3);
        for (const turn of turns) {
          // Those of one turn add at once.
          const adding = [...new Set(turn)].map((at) => gateways[at]?.sign(2));
          await Promise.all(adding);
        }
        for (const one of gateways) await one.sign(1);
        await close();
        assert.equal(store.list.length, store.last?.size);
        const verdict = verifyFleet(dirs, { key: KEYS.signers[0].key.text });
        assert.deepEqual(verdict.problems, []);
        assert.equal(verdict.size, store.list.length);
        for (const { verdict: own, checkpoints } of verdict.members) {
          assert.ok(checkpoints > 0);
          // What was written at the end of the log, when it was closed, is behind the last checkpoint.
          assert.ok(own.exit === 0 || own.exit === 4, JSON.stringify(own));
        }
      },
    ),
    { numRuns: 8 },
  );
});

test('the same checkpoint twice is one entry', async () => {
  const { store, gateways, close } = await fleetOf(1);
  const one = first(gateways);
  await one.sign(1);
  await one.fleet.add(one.checkpoint());
  assert.equal(store.list.length, 1);
  await close();
});

test('a store that lost its last entries is given them back, and one that lost all of them', async () => {
  const { store, gateways, dirs, close } = await fleetOf(2);
  const [one, two] = [first(gateways), last(gateways)];
  await one.sign(1);
  const before = { list: [...store.list], last: store.last };
  await two.sign(1);
  await one.sign(1);
  const whole = [...store.list];
  store.list = [...before.list];
  store.last = before.last;
  await one.sign(1);
  assert.deepEqual(store.list.slice(0, whole.length), whole);
  store.list = [];
  store.last = null;
  await one.sign(1);
  await two.sign(1);
  assert.deepEqual(store.list.slice(0, whole.length), whole);
  await close();
  assert.deepEqual(verifyFleet(dirs).problems, []);
});

test('a store with another history is told by every gateway that knows better, and nothing is added to it', async () => {
  const { store, gateways, dirs, close } = await fleetOf(2);
  const [one, two] = [first(gateways), last(gateways)];
  await one.sign(1);
  await two.sign(1);
  // Somebody with the store and the pepper writes the list anew, without the first gateway.
  const forger = await gateway(new MemoryFleetStore());
  const forged = new MemoryFleetStore();
  const writer = new FleetLog({
    files: diskFiles,
    dir: forger.dir,
    store: forged,
    keys: async () => KEYS,
  });
  await writer.add(two.checkpoint());
  await writer.add(two.checkpoint().replace(/\n/u, '-new\n'));
  store.list = forged.list;
  store.last = forged.last;
  const size = store.list.length;
  for (const told of [one, two]) {
    await assert.rejects(told.sign(1), (thrown) => {
      assert.ok(thrown instanceof Fault);
      assert.match(thrown.message, /is not the one of .*audit fleet/u);
      return true;
    });
  }
  assert.equal(store.list.length, size);
  await close();
  await forger.close();
  // The copies of the honest ones still agree, and differ from the forged one.
  assert.deepEqual(verifyFleet(dirs).problems, []);
  const all = verifyFleet([...dirs, forger.dir]);
  assert.ok(all.exit === 6 || all.exit === 2, JSON.stringify(all.problems));
});

test('a store whose checkpoint another key signed is refused', async () => {
  const { store, gateways, close } = await fleetOf(1);
  const one = first(gateways);
  await one.sign(1);
  const other = new MemoryFleetStore();
  const keys = async () => fleetSigners('of-a-test', [Buffer.alloc(32, 8)]);
  const forger = await gateway(other);
  await new FleetLog({ files: diskFiles, dir: forger.dir, store: other, keys }).add(
    one.checkpoint(),
  );
  store.list = other.list;
  store.last = other.last;
  await assert.rejects(one.sign(1), /no key of this log signed it/u);
  await close();
  await forger.close();
});

test('while two peppers are in use, who knows either one goes on', async () => {
  const store = new MemoryFleetStore();
  const [old, both] = [await gateway(store), await gateway(store)];
  await old.sign(1);
  const newest = Buffer.alloc(32, 9);
  const keys = async () => fleetSigners('of-a-test', [newest, PEPPER]);
  await both.sign(1);
  await new FleetLog({ files: diskFiles, dir: both.dir, store, keys }).add(
    both.checkpoint().replace(/\n/u, '-2\n'),
  );
  await old.sign(1);
  assert.equal(store.list.length, 4);
  await old.close();
  await both.close();
});

test('a crash between the store and the copy loses nothing', async () => {
  const store = new MemoryFleetStore();
  let isBroken = false;
  const failing: AuditFiles = {
    ...diskFiles,
    open(path, mode) {
      if (isBroken && mode === 'create') throw Object.assign(new Error('disk'), { code: 'EIO' });
      return diskFiles.open(path, mode);
    },
  };
  const one = await gateway(store, failing);
  await one.sign(1);
  isBroken = true;
  await assert.rejects(one.sign(1));
  assert.equal(store.list.length, 2, 'the store had it');
  isBroken = false;
  await one.sign(1);
  await one.close();
  assert.equal(store.list.length, 3);
  assert.deepEqual(verifyFleet([one.dir]).problems, []);
});

test('a gateway that is missing, rolled back or cut off is found from the folders alone', async () => {
  const { gateways, dirs, close } = await fleetOf(2);
  const [one, two] = [first(gateways), last(gateways)];
  await one.sign(3);
  await two.sign(3);
  const old = join(root, 'old');
  cpSync(one.dir, old, { recursive: true });
  await one.sign(3);
  await two.sign(3);
  await close();
  assert.ok([0, 4].includes(verifyFleet(dirs).exit));

  const missing = verifyFleet([two.dir]);
  assert.equal(missing.exit, 3);
  assert.match(first(missing.problems).problem, /whose folder was not given/u);
  const [{ origin }] = [first(verifyFleet([one.dir], { retired: ['llmproxy/x'] }).members)];
  assert.ok([0, 4].includes(verifyFleet([two.dir], { retired: [origin] }).exit));

  // All of the first gateway's folder as it was: its own proof holds, the fleet's does not.
  const rolledBack = verifyFleet([old, two.dir]);
  assert.ok([2, 3].includes(rolledBack.exit), String(rolledBack.exit));
  assert.notEqual(first(rolledBack.members).verdict.firstBad, undefined);

  const stranger = fleetSigners('of-a-test', [Buffer.alloc(32, 3)]).signers[0].key.text;
  assert.equal(verifyFleet(dirs, { key: stranger }).exit, 2);
});

test('a byte of the copy that was changed, and a tile that is gone', async () => {
  const { gateways, dirs, close } = await fleetOf(1);
  const one = first(gateways);
  for (let at = 0; at < 5; at += 1) await one.sign(1);
  await close();
  const fleet = join(one.dir, FLEET_FOLDER);
  const files = readdirSync(fleet, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'sequencer.json')
    .map(({ parentPath, name }) => join(parentPath, name))
    // Narrower forms of a tile are what a later checkpoint left behind.
    .filter((path) => !/\.p\/[1-4]$/u.test(path));
  assert.ok(files.length >= 4);
  for (const path of files) {
    const bytes = fs.readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    const changed = Buffer.from(bytes);
    changed[middle] = (changed[middle] ?? 0) ^ 1;
    fs.writeFileSync(path, changed);
    assert.notDeepEqual(verifyFleet(dirs).problems, [], `${path} was changed`);
    rmSync(path);
    const { problems } = verifyFleet(dirs, { key: KEYS.signers[0].key.text });
    // The first key is a convenience: with a key that was given nobody reads it.
    if (!path.endsWith('/key')) assert.notDeepEqual(problems, [], `${path} is gone`);
    fs.writeFileSync(path, bytes);
  }
});
