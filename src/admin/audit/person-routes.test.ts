/** Holds: of whom, whose they are, and who ends them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testRow } from '#storage/audit-index.contract.ts';
import type { HoldRecord } from '#storage/hold-records.ts';
import { HOLDS_MAX, HOLDS_PER_TENANT_MAX } from '#storage/stored-holds.ts';
import { ok } from '#stdx/result.ts';

import { seed } from '../admin-seeds.contract.ts';
import { type House, openHouse, textIn } from '../admin.contract.ts';
import { testAudit } from './audit.contract.ts';

const HOLDS = '/admin/v1/holds';
const LEAVES = '/admin/v1/content-leaves';
const ERASURES = '/admin/v1/erasures';
const HELD = { tenant: 'acme', user: 'ann', reason: 'a case' };

test('what the platform holds, nobody of the tenant lets go, nor erases', async (t) => {
  const house = await openHouse(t);
  const platform = { token: house.token('security-auditor') };
  const made = await house.ask('POST', HOLDS, { ...platform, body: HELD });
  assert.equal(made.body['isOfPlatform'], true);
  const path = `${HOLDS}/${textIn(made, 'id')}`;
  // Also an administrator of the platform's own role, where it is confined to the tenant.
  for (const caller of ['tenant-admin', 'confined'] as const) {
    const own = { token: house.token(caller) };
    const seen = await house.ask('GET', HOLDS, own);
    assert.deepEqual(seen.body['items'], [made.body]);
    const refused = await house.ask('DELETE', path, own);
    assert.equal(refused.status, 403, refused.text);
    assert.equal(refused.body['type'], 'urn:llmproxy:problem:held-by-platform');
    assert.match(textIn(refused, 'detail'), /platform administrator/u);
    const body = { tenant: 'acme', user: 'ann' };
    assert.equal((await house.ask('POST', ERASURES, { ...own, body })).status, 409);
  }
  assert.deepEqual(house.audit.erased, []);
  assert.equal((await house.ask('DELETE', path, platform)).status, 204);
});

test('what a tenant holds, it lets go itself, and so does the platform', async (t) => {
  const house = await openHouse(t);
  const own = { token: house.token('tenant-admin') };
  for (const by of ['tenant-admin', 'platform-admin'] as const) {
    const made = await house.ask('POST', HOLDS, { ...own, body: { ...HELD, tenant: undefined } });
    assert.equal(made.body['isOfPlatform'], false);
    const path = `${HOLDS}/${textIn(made, 'id')}`;
    assert.equal((await house.ask('DELETE', path, { token: house.token(by) })).status, 204);
  }
});

test('a mistyped tenant is neither held nor asked for: the field is named', async (t) => {
  // A record of administration, as a version before wrote it for such a hold, makes no tenant of it.
  const typo = testRow(9, {}, { kind: 'admin', tenant: 'acne', action: 'hold.create' });
  const house = await openHouse(t, { audit: testAudit({ rows: [typo] }) });
  const as = { token: house.token('platform-admin') };
  for (const path of [HOLDS, LEAVES]) {
    const body = { tenant: 'acne', reason: 'a case' };
    const refused = await house.ask('POST', path, { ...as, body });
    assert.equal(refused.status, 404, refused.text);
    assert.equal(refused.body['field'], 'tenant');
    assert.equal(
      (await house.ask('POST', path, { ...as, body: { ...body, tenant: 'filed' } })).status,
      201,
    );
  }
  const everything = await house.ask('POST', HOLDS, { ...as, body: { reason: 'a case' } });
  assert.equal(everything.status, 201, everything.text);
  assert.equal((await house.ask('GET', HOLDS, as)).text.includes('acne'), false);
});

test('what a removed tenant has left can be held, and asked for', async (t) => {
  const audit = testAudit({ rows: [testRow(1, {}, { tenant: 'gone' })] });
  const house = await openHouse(t, { audit });
  const as = { token: house.token('platform-admin'), body: { tenant: 'gone', reason: 'a case' } };
  for (const path of [HOLDS, LEAVES]) assert.equal((await house.ask('POST', path, as)).status, 201);
});

const fill = (house: House, tenant: string, count: number) =>
  seed(house.storage, async (tx) => {
    for (let at = 0; at < count; at += 1) {
      const id = `hld_${tenant}${String(at).padStart(10, '0')}`;
      const of = { id, tenant, user: `u${at}`, reason: 'x', actor: 'a' };
      const hold: HoldRecord = { ...of, isOfPlatform: false, atMs: 1, version: 1 };
      await tx.holds.insert(hold);
    }
    return ok(null);
  });

test('a tenant that holds all it may takes no room of another’s, and all of them none of the platform’s', async (t) => {
  const house = await openHouse(t);
  const body = { reason: 'a case' };
  const add = async (token: string | undefined, more = {}) =>
    (await house.ask('POST', HOLDS, { token, body: { ...body, ...more } })).status;
  await fill(house, 'acme', HOLDS_PER_TENANT_MAX);
  const other = await house.addToken({ role: 'tenant-admin', tenant: 'other' });
  const platform = house.token('platform-admin');
  assert.equal(await add(house.token('tenant-admin')), 422);
  assert.equal(await add(other), 201);
  assert.equal(await add(platform, { tenant: 'acme' }), 201);
  await fill(house, 'many', HOLDS_MAX - 1_000 - HOLDS_PER_TENANT_MAX);
  assert.equal(await add(other), 422);
  assert.equal(await add(platform, { tenant: 'acme' }), 201);
});

test('a hold that is set after an erasure was noted, and before it, keeps what it is of', async (t) => {
  const house = await openHouse(t);
  const as = { token: house.token('platform-admin') };
  const { storage } = house;
  const change = storage.change.bind(storage);
  const states: unknown[] = [];
  Object.assign(storage, {
    change: async (entry: Parameters<typeof change>[0], work: never) => {
      const done = await change(entry, work);
      if (entry.action !== 'subject.erase') return done;
      states.push(JSON.parse(JSON.stringify(entry.diff)).state);
      const isFirst = states.length === 1;
      if (isFirst)
        assert.equal((await house.ask('POST', HOLDS, { ...as, body: HELD })).status, 201);
      return done;
    },
  });
  const body = { tenant: 'acme', user: 'ann' };
  const erased = await house.ask('POST', ERASURES, { ...as, body });
  assert.deepEqual([erased.status, states], [409, ['begun', 'held']]);
  assert.deepEqual(house.audit.erased, []);
});
