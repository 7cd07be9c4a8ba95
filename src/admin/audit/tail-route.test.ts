/** Who is told of which records as they come. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { test, type TestContext } from 'node:test';

import { testRow } from '#storage/audit-index.contract.ts';

import { type Caller, type House, openHouse, TEST_NOW_MS } from '../admin.contract.ts';
import { STREAMS_MAX, STREAMS_PER_TENANT_MAX } from '../open-streams.ts';

async function reading(t: TestContext, house: House, caller: Caller, query = '') {
  const path = `/admin/v1/audit/tail${query}`;
  const headers = { authorization: `Bearer ${house.token(caller) ?? ''}` };
  const request = http.get({ host: '127.0.0.1', port: house.port, path, headers, agent: false });
  t.after(() => request.destroy());
  let text = '';
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  response.on('error', () => {});
  response.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  return {
    status: response.statusCode,
    ids: () => [...text.matchAll(/^id: (?<id>.+)$/gmu)].map(({ groups }) => groups?.['id']),
    text: () => text,
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

const rows = [
  testRow(1, { atMs: TEST_NOW_MS, user: 'ann' }),
  testRow(2, { atMs: TEST_NOW_MS, user: 'bob' }, { tenant: 'other', decision: 'deny' }),
  testRow(3, { atMs: TEST_NOW_MS, user: 'root' }, { tenant: null, kind: 'system' }),
  testRow(4, { atMs: TEST_NOW_MS - 60_000 }),
];

test('everybody is told of what they may see, of nothing old, and of persons only some', async (t) => {
  const house = await openHouse(t);
  const [all, own, viewer, denied] = await Promise.all([
    reading(t, house, 'platform-admin'),
    reading(t, house, 'confined'),
    reading(t, house, 'viewer'),
    reading(t, house, 'security-auditor', '?decision=deny'),
  ]);
  house.audit.tell(rows);
  await settled();
  assert.deepEqual(all.ids(), ['main:1', 'main:2', 'main:3']);
  assert.deepEqual(own.ids(), ['main:1']);
  assert.deepEqual(denied.ids(), ['main:2']);
  assert.deepEqual(viewer.ids(), ['main:1', 'main:2', 'main:3']);
  assert.doesNotMatch(viewer.text(), /ann|bob|root/u);
  assert.match(all.text(), /"user":"bob"/u);
});

test('another tenant, a person, a time: refused before anything is told', async (t) => {
  const house = await openHouse(t);
  assert.equal((await reading(t, house, 'confined', '?tenant=other')).status, 404);
  assert.equal((await reading(t, house, 'viewer', '?user=ann')).status, 403);
  assert.equal((await reading(t, house, 'viewer', '?from=2026-01-01')).status, 400);
});

test('streams are few, and fewer of one tenant: the next one is refused', async (t) => {
  const house = await openHouse(t);
  const open = (caller: 'platform-admin' | 'confined', length: number) =>
    Promise.all(Array.from({ length }, () => reading(t, house, caller)));
  const isOpen = ({ status }: { readonly status: number | undefined }): boolean => status === 200;
  assert.ok((await open('confined', STREAMS_PER_TENANT_MAX)).every(isOpen));
  assert.equal((await reading(t, house, 'confined')).status, 422);
  const left = STREAMS_MAX - STREAMS_PER_TENANT_MAX;
  assert.ok((await open('platform-admin', left)).every(isOpen));
  assert.equal((await reading(t, house, 'platform-admin')).status, 422);
});
