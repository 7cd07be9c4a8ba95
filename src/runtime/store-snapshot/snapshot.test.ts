import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { type LoadedPeppers, loadPeppers } from '#config/peppers.ts';
import type { StoreState } from '#storage/store-state.ts';

import { keyOf } from './content.ts';
import { readSnapshot, writeContent, writeSeal } from './files.ts';
import { deploymentOf, type Expected } from './seal.ts';

const URL_OF = 'postgres://llmproxy@db.example:5432/llmproxy';
const NOW_MS = 1_800_000_000_000;
const STALE_MS = 3_600_000;

const key = (id: string, revokedMs: number | null): string =>
  JSON.stringify({
    id,
    mode: 'live',
    tenant: 'acme',
    team: null,
    user: 'älice 💡',
    name: null,
    roles: [],
    createdMs: 1,
    expiresMs: null,
    revokedMs,
    quarantinedMs: null,
    secrets: [{ macHex: '00', pepperVersion: 1, last4: 'abcd', notAfterMs: null }],
    version: 1,
  });

/** More than one piece of the file, so that a line and a character are cut between two. */
const STATE: StoreState = {
  version: 7,
  rows: {
    tenants: [{ id: 'acme', document: '{"id":"acme"}' }],
    roles: [],
    bindings: [],
    serviceAccounts: [],
    settings: [],
    providerSecrets: [{ id: 'acme/local', document: '{"sealed":"sealed"}' }],
    keyRings: [],
  },
  keys: new Map(
    Array.from({ length: 700 }, (_each, at) => {
      const id = `key${at}`;
      return [id, { version: 1, text: key(id, at === 3 ? 5 : null) }];
    }),
  ),
  groups: [{ id: 'g', tenant: 'acme', displayName: 'Group', members: ['a', 'b'] }],
  lockedOut: [{ tenant: 'acme', user: 'mallory' }],
  marks: new Map([['pepper', '1:aa']]),
};

interface Scene {
  readonly dir: string;
  readonly peppers: LoadedPeppers;
  readonly read: (changes?: Partial<Expected>, peppers?: LoadedPeppers) => Promise<unknown>;
  readonly seal: string;
  readonly content: string;
}

async function scene(t: TestContext): Promise<Scene> {
  const dir = fs.mkdtempSync(join(tmpdir(), 'llmproxy-snapshot-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const peppers = loadPeppers(dir);
  const written = await writeContent(dir, STATE);
  const of = { v: 1, deployment: deploymentOf(URL_OF), heardMs: NOW_MS, pepper: 1 } as const;
  await writeSeal(dir, { ...of, ...written }, peppers);
  const expected = { deployment: deploymentOf(URL_OF), nowMs: NOW_MS + 1_000, staleMs: STALE_MS };
  const content = fs.readdirSync(dir).find((name) => name.endsWith('.jsonl'));
  assert.ok(content !== undefined);
  return {
    dir,
    peppers,
    seal: join(dir, 'store-snapshot.json'),
    content: join(dir, content),
    async read(changes, own = peppers) {
      const read = await readSnapshot(dir, own, { ...expected, ...changes });
      if (read === null) return null;
      return read.ok ? read.value.state : read.error;
    },
  };
}

test('what was written is read, whole, and the files are ours alone', async (t) => {
  const { dir, read, seal, content } = await scene(t);
  assert.deepEqual(await read(), STATE);
  for (const path of [seal, content]) assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  assert.ok(fs.statSync(content).size > 200_000);
  assert.equal(keyOf('key3', STATE.keys.get('key3') ?? { version: 1, text: '' }).revokedMs, 5);
  const drafts = fs.readdirSync(dir).filter((name) => name.includes('draft'));
  assert.deepEqual(drafts, []);
});

test('a second one takes the place of the first, and nothing of the first is left', async (t) => {
  const { dir, peppers, read, content } = await scene(t);
  const next = { ...STATE, version: 8, keys: new Map() };
  const written = await writeContent(dir, next);
  assert.deepEqual(await read(), STATE, 'until it is sealed');
  const of = { v: 1, deployment: deploymentOf(URL_OF), heardMs: NOW_MS, pepper: 1 } as const;
  await writeSeal(dir, { ...of, ...written }, peppers);
  assert.deepEqual(await read(), next);
  assert.ok(!fs.existsSync(content));
});

test('a bit that is changed in the seal or in the content is found, wherever it is', async (t) => {
  const { read, seal, content } = await scene(t);
  for (const path of [seal, content]) {
    const right = fs.readFileSync(path);
    const step = Math.max(1, Math.floor(right.length / 61));
    for (let at = 0; at < right.length - 1; at += step) {
      const wrong = Buffer.from(right);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      fs.writeFileSync(path, wrong);
      const said = await read();
      assert.ok(
        said === 'altered' || said === 'not-readable' || said === 'other-pepper',
        `byte ${at}`,
      );
    }
    fs.writeFileSync(path, right);
  }
  assert.deepEqual(await read(), STATE);
});

test('one that was cut, or has a line more, or no content, is refused', async (t) => {
  const { read, seal, content } = await scene(t);
  const right = fs.readFileSync(content);
  for (const wrong of [right.subarray(0, -1), right.subarray(0, 100), Buffer.alloc(0)]) {
    fs.writeFileSync(content, wrong);
    assert.equal(await read(), 'altered');
  }
  fs.appendFileSync(content, Buffer.concat([right, Buffer.from(`${key('more', null)}\n`)]));
  assert.equal(await read(), 'altered');
  fs.rmSync(content);
  assert.equal(await read(), 'altered');
  fs.writeFileSync(seal, '');
  assert.equal(await read(), 'not-readable');
  fs.rmSync(seal);
  assert.equal(await read(), null);
});

test('one of another deployment, of another pepper, too old or of a time to come is refused', async (t) => {
  const { read } = await scene(t);
  const other = deploymentOf('postgres://llmproxy@db.example:5432/other');
  assert.equal(await read({ deployment: other }), 'other-deployment');
  // The role and its password are no part of a place.
  const same = deploymentOf('postgres://else:secret@db.example/llmproxy?sslmode=disable');
  assert.deepEqual(await read({ deployment: same }), STATE);
  assert.equal(await read({ nowMs: NOW_MS + STALE_MS + 1 }), 'too-old');
  assert.deepEqual(await read({ nowMs: NOW_MS + STALE_MS }), STATE);
  assert.equal(await read({ nowMs: NOW_MS - 60_001 }), 'from-the-future');
  const foreign: LoadedPeppers = { newest: 1, has: () => true, of: () => Buffer.alloc(32, 7) };
  assert.equal(await read({}, foreign), 'altered', 'the same number, another pepper');
  const none: LoadedPeppers = { newest: 2, has: () => false, of: () => Buffer.alloc(32) };
  assert.equal(await read({}, none), 'other-pepper');
});

test('a seal does not fit another content of ours', async (t) => {
  const { dir, read, content } = await scene(t);
  await writeContent(dir, { ...STATE, lockedOut: [] });
  const other = fs
    .readdirSync(dir)
    .map((name) => join(dir, name))
    .find((path) => path.endsWith('.jsonl') && path !== content);
  assert.ok(other !== undefined);
  fs.copyFileSync(other, content);
  assert.equal(await read(), 'altered');
});
