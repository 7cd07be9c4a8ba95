/** History makes room for proposals, and neither is without bound. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import type { ConfigChangeRecord } from '#storage/change-records.ts';
import { ok } from '#stdx/result.ts';

import { seed } from './admin-seeds.contract.ts';
import { type House, openHouse, testConfig } from './admin.contract.ts';
import { changeId, CHANGES_KEPT, PROPOSALS_MAX, storedChanges } from './change-history.ts';

const DAY_MS = 86_400_000;
const path = '/admin/v1/config-changes';
const body = {
  changes: [
    {
      section: 'limits',
      name: 'one',
      value: { per: ['key'], algorithm: 'token-bucket', requests: '60/1m' },
    },
  ],
};

const openPair = (t: TestContext): Promise<House> => {
  const config = testConfig({ admin: { listen: '127.0.0.1:0', secondPerson: true } });
  return openHouse(t, { config: () => config });
};

const recordOf = (
  state: ConfigChangeRecord['state'],
  proposedMs: number,
  entries: ConfigChangeRecord['entries'] = [],
): ConfigChangeRecord => ({
  id: changeId(proposedMs),
  state,
  entries,
  note: null,
  proposedBy: 'admin:x',
  proposedParty: 'admin:x',
  proposedMs,
  appliedBy: null,
  appliedMs: state === 'applied' ? proposedMs : null,
  undoes: null,
  version: 1,
});

const add = (house: House, records: readonly ConfigChangeRecord[]) =>
  seed(house.storage, async (tx) => {
    for (const record of records) await tx.configChanges.insert(record);
    return ok(null);
  });

for (const state of ['applied', 'proposed'] as const) {
  test(`${CHANGES_KEPT} old changes, ${state}, do not end all proposing`, async (t) => {
    const house = await openPair(t);
    const token = house.token('platform-admin');
    const oldMs = house.time.nowMs - 30 * DAY_MS;
    await add(
      house,
      Array.from({ length: CHANGES_KEPT }, () => recordOf(state, oldMs)),
    );
    const proposed = await house.ask('POST', path, { token, body });
    assert.equal(proposed.status, 201, proposed.text);
    const stored = await storedChanges(house.storage);
    assert.equal(stored.length, state === 'applied' ? CHANGES_KEPT : 1);
    assert.equal(stored.at(-1)?.id, proposed.body['id']);
  });
}

test('so many proposals wait and no more; one that is over can be withdrawn, not agreed to', async (t) => {
  const house = await openPair(t);
  const token = house.token('platform-admin');
  const waiting = Array.from({ length: PROPOSALS_MAX }, () =>
    recordOf('proposed', house.time.nowMs),
  );
  await add(house, waiting);
  assert.equal((await house.ask('POST', path, { token, body })).status, 422);
  house.time.nowMs += 8 * DAY_MS;
  const [over] = waiting;
  assert.equal((await house.ask('POST', `${path}/${over?.id}/agree`, { token })).status, 404);
  assert.equal((await house.ask('DELETE', `${path}/${over?.id}`, { token })).status, 204);
  assert.equal((await house.ask('POST', path, { token, body })).status, 201);
});

test('a proposal with a section that this version does not know is applied in no part', async (t) => {
  const house = await openPair(t);
  const token = house.token('platform-admin');
  const [change] = body.changes;
  assert.ok(change !== undefined);
  const known = { ...change, before: null, version: null };
  const newer = { ...known, section: 'of-next-year' };
  const record = recordOf('proposed', house.time.nowMs, [known, newer]);
  await add(house, [record]);
  const agreed = await house.ask('POST', `${path}/${record.id}/agree`, { token });
  assert.deepEqual([agreed.status, agreed.body['field']], [422, 'of-next-year']);
  assert.equal(await house.storage.settings.find('limits/one'), null);
});
