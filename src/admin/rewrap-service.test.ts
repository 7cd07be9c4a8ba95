import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { newSecret, type TestCustody, testCustody } from '#custody/custody.contract.ts';
import { settingBound } from '#config/setting-secrets.ts';
import { parseSealed, sealedJson } from '#custody/sealed.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import type { Storage } from '#storage/storage.ts';

import { seed } from './admin-seeds.contract.ts';
import { changeId } from './change-history.ts';
import { boundOfProviderSecret, sealedFieldsOf } from './kept-secrets.ts';
import { rewrapAll, type RewrapWish, secretsStatus } from './rewrap-service.ts';

interface Scene {
  readonly storage: Storage;
  readonly room: TestCustody;
  readonly rewrap: (wish?: Partial<RewrapWish>) => ReturnType<typeof rewrapAll>;
  readonly sealed: (tenant: string) => Promise<string>;
}

const PLACE = { provider: 'openai', origin: 'https://api.example.com' } as const;

async function scene(t: TestContext, tenants: readonly string[]): Promise<Scene> {
  const dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-rewrap-'));
  const room = testCustody();
  const clock = { nowMs: () => room.time.ms, monotonicMs: () => room.time.ms };
  const storage = await openSqlite(dir, clock);
  t.after(async () => {
    await storage.close();
    fs.rmSync(dir, { recursive: true });
  });
  for (const tenant of tenants) {
    const id = `${tenant}/openai`;
    const sealed = await room.custody.seal(boundOfProviderSecret({ ...PLACE, id }), newSecret());
    const record = { ...PLACE, id, tenant, sealed, createdMs: 1, setMs: 1, version: 1 };
    await seed(storage, (tx) => tx.providerSecrets.insert(record));
  }
  return {
    storage,
    room,
    rewrap: (wish = {}) =>
      rewrapAll(
        { storage, clock, room, actor: 'test' },
        { rotateKeys: false, rotateSecrets: false, deadlineMs: room.time.ms + 1_000, ...wish },
      ),
    async sealed(tenant) {
      return (await storage.providerSecrets.find(`${tenant}/openai`))?.sealed ?? '';
    },
  };
}

const numbers = (room: TestCustody, tenant: string): readonly number[] =>
  room.rings.rings.get(tenant)?.keys.map(({ number }) => number) ?? [];

test('where everything is new, nothing is written', async (t) => {
  const { rewrap, storage, room } = await scene(t, ['acme']);
  const before = await storage.outbox.pending(100);
  assert.deepEqual(await rewrap(), { keys: 0, secrets: 0, unreadable: [], isComplete: true });
  assert.deepEqual(await storage.outbox.pending(100), before);
  assert.equal((await secretsStatus({ storage, room })).isCurrent, true);
});

test('a key that wraps nothing stays for ten minutes after the next one, and then goes', async (t) => {
  const { rewrap, room, sealed } = await scene(t, ['acme']);
  await rewrap({ rotateKeys: true });
  assert.equal(parseSealed(await sealed('acme'))?.keyNumber, 2);
  await rewrap();
  assert.deepEqual(numbers(room, 'acme'), [1, 2], 'what it seals just now is not stored yet');
  room.time.ms += 600_001;
  await rewrap();
  assert.deepEqual(numbers(room, 'acme'), [2]);
  room.time.ms += 600_001;
  await rewrap();
  assert.deepEqual(numbers(room, 'acme'), [2], 'the one that seals never goes');
});

test('a key that still wraps something stays for as long as it does', async (t) => {
  const { rewrap, room, storage, sealed } = await scene(t, ['acme']);
  const old = await sealed('acme');
  await rewrap({ rotateKeys: true });
  const record = await storage.providerSecrets.find('acme/openai');
  assert.ok(record !== null);
  await seed(storage, (tx) => tx.providerSecrets.update({ ...record, sealed: old }));
  room.time.ms += 600_001;
  await rewrap();
  assert.deepEqual(numbers(room, 'acme'), [1, 2]);
  assert.equal(parseSealed(await sealed('acme'))?.keyNumber, 2);
});

test('what is late says so, and the next time does the rest', async (t) => {
  const { rewrap, room, storage } = await scene(t, ['acme', 'other']);
  room.rootKeys.unshift(Buffer.from(newSecret().slice(3, 35)));
  assert.equal((await secretsStatus({ storage, room })).isCurrent, false);
  const late = await rewrap({ deadlineMs: room.time.ms });
  assert.deepEqual(late, { keys: 0, secrets: 0, unreadable: [], isComplete: false });
  const done = await rewrap();
  assert.deepEqual([done.keys, done.isComplete], [2, true]);
  assert.equal((await secretsStatus({ storage, room })).isCurrent, true);
});

test('a ring that does not open is told of, and the others are wrapped', async (t) => {
  const { rewrap, room } = await scene(t, ['acme', 'other']);
  const stolen = room.rings.rings.get('acme');
  assert.ok(stolen !== undefined);
  room.rings.rings.set('other', { ...stolen, tenant: 'other' });
  room.rootKeys.unshift(Buffer.from(newSecret().slice(3, 35)));
  const done = await rewrap();
  assert.equal(done.keys, 1);
  assert.ok(done.unreadable.includes('key-ring/other'), done.unreadable.join());
});

test('the secret of a proposal that waits is wrapped anew, and opens when the old key is gone', async (t) => {
  const { rewrap, storage, room } = await scene(t, []);
  const place = { section: 'providers', name: 'p' } as const;
  const value = { type: 'openai', baseUrl: 'https://api.example.com/v1' };
  const bound = settingBound({ ...place, value }, 'apiKey');
  assert.ok(bound !== null);
  const apiKey = sealedJson(await room.custody.seal(bound, newSecret()));
  const entry = { ...place, before: null, value: { ...value, apiKey }, version: null };
  const by = { proposedBy: 'admin:x', proposedParty: 'admin:x', proposedMs: room.time.ms };
  const open = { note: null, appliedBy: null, appliedMs: null, undoes: null, version: 1 };
  const record = { ...by, ...open, state: 'proposed', entries: [entry] } as const;
  const id = changeId(room.time.ms);
  await seed(storage, (tx) => tx.configChanges.insert({ ...record, id }));
  assert.equal((await rewrap({ rotateKeys: true })).secrets, 1);
  room.time.ms += 3_700_000;
  await rewrap();
  const kept = (await storage.configChanges.find(id))?.entries[0]?.value ?? {};
  const sealed = sealedFieldsOf({ ...place, value: kept }).get('apiKey')?.sealed ?? '';
  assert.equal(parseSealed(sealed)?.keyNumber, 2);
  await room.custody.open(bound, sealed, () => null);
  assert.equal(room.rings.rings.get(null)?.keys.length, 1, 'the old key is gone');
});
