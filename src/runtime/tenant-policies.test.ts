import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configSchema } from '#config/config.ts';
import { Situation } from '#policy/access/situation.ts';
import type { PageQuery } from '#storage/storage.ts';

import { all, OBJECTS_MAX, tenantPolicies } from './tenant-policies.ts';

const rule = { actions: ['chat'], models: ['*'] };
const { tenants: declared } = configSchema.parse({
  guards: [],
  tenants: [
    {
      id: 'acme',
      timeZone: 'Asia/Tokyo',
      roles: { own: { allow: [], deny: [{ ...rule, models: ['x'] }] } },
    },
  ],
});

test("the file has the last word, of the store everything else stays, zones are the file's", () => {
  const role = { tenant: 'acme', allow: [rule], deny: [], version: 1 };
  const policies = tenantPolicies({
    tenants: [
      {
        id: 'bank',
        name: null,
        status: 'active',
        keyLifeMsMax: null,
        boundTokens: false,
        groupRoles: {},
        createdMs: 0,
        version: 1,
      },
    ],
    roles: [
      { ...role, name: 'own' },
      { ...role, name: 'more', deny: [{ ...rule, when: 'request.hour == 9' }] },
      { ...role, tenant: 'bank', name: 'odd', allow: [{ ...rule, actions: ['fly'] }] },
    ],
    bindings: [],
    groups: [],
    declared,
  });
  const acme = policies.get('acme');
  assert.deepEqual([acme?.timeZone, policies.get('bank')?.timeZone], ['Asia/Tokyo', 'UTC']);
  assert.deepEqual(acme?.roles.get('own')?.allow, []);
  assert.deepEqual(acme?.roles.get('own')?.deny[0]?.models, ['x']);
  assert.deepEqual(policies.get('bank')?.roles.get('odd')?.allow[0]?.actions, []);

  const condition = acme?.roles.get('more')?.deny[0]?.condition;
  assert.ok(condition !== undefined && acme !== undefined);
  assert.deepEqual([condition.text, condition.readsCall], ['request.hour == 9', false]);
  const principal = {
    tenant: 'acme',
    team: null,
    user: null,
    serviceAccount: null,
    keyId: null,
    roles: [],
    claims: {},
    provenBy: 'jwt',
    scope: null,
    parent: null,
    run: null,
  } as const;
  const request = { ip: '192.0.2.1', route: 'x', clock: { nowMs: () => 0 } };
  const { timeZone } = acme;
  const situation = new Situation({ principal, call: {}, request, timeZone });
  assert.equal(situation.judge(condition), 'met', '1970 began at nine in the morning there');
});

test('a store that is too large is not read in part: what is left out could be what denies', async () => {
  const pages =
    (count: number) =>
    async ({ after = '0', limit }: PageQuery) => {
      const from = Number(after);
      const items = Array.from(
        { length: Math.min(limit, count - from) },
        (_, index) => from + index,
      );
      const to = from + items.length;
      return { items, next: to < count ? String(to) : null };
    };
  assert.equal((await all(pages(OBJECTS_MAX))).length, OBJECTS_MAX);
  await assert.rejects(all(pages(OBJECTS_MAX + 1)), { code: 'storage-failed' });
});
