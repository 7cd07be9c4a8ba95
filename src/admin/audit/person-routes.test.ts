/** Holds: whose they are, and who ends them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse, textIn } from '../admin.contract.ts';

const HOLDS = '/admin/v1/holds';
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
