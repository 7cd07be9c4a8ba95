import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { TenantPolicy } from '#policy/access/roles.ts';

import { openHouse } from './admin.contract.ts';
import {
  BINDINGS_MAX,
  BOUND_NAMES_MAX,
  ROLES_MAX,
  roomForBinding,
  roomForRole,
  RULE_NAMES_MAX,
} from './tenant-bounds.ts';

const named = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`);
const ruled = (name: string, models: number) => ({
  name,
  allow: [{ actions: ['chat'] as const, models: named(models) }],
  deny: [],
});
const bound = (users: number) => ({ role: 'r', users: named(users), teams: [], keys: [] });
const policyOf = (
  roles: readonly ReturnType<typeof ruled>[],
  bindings: TenantPolicy['bindings'] = [],
): TenantPolicy => ({
  roles: new Map(roles.map((role) => [role.name, role])),
  bindings,
  timeZone: 'UTC',
});

test('a tenant has room for so many roles and names in them, and what is there can be made smaller', () => {
  assert.equal(roomForRole(undefined, ruled('a', 5)), null);
  const many = policyOf(named(ROLES_MAX).map((name) => ruled(name, 1)));
  assert.equal(roomForRole(many, ruled('one-more', 1))?.reason, 'too-many');
  assert.equal(roomForRole(many, ruled('m0', 2)), null);
  const large = policyOf([ruled('a', RULE_NAMES_MAX - 10), ruled('b', 11)]);
  assert.equal(roomForRole(large, ruled('c', 1))?.reason, 'too-many');
  assert.equal(roomForRole(large, ruled('b', 12))?.reason, 'too-many');
  assert.equal(roomForRole(large, ruled('b', 9)), null);
});

test('and for so many bindings and names in them', () => {
  assert.equal(roomForBinding(undefined, bound(5)), null);
  const many = policyOf(
    [],
    named(BINDINGS_MAX).map(() => bound(1)),
  );
  assert.equal(roomForBinding(many, bound(1))?.reason, 'too-many');
  assert.equal(roomForBinding(many, bound(2), bound(1)), null);
  const large = policyOf([], [bound(BOUND_NAMES_MAX)]);
  assert.equal(roomForBinding(large, bound(1))?.reason, 'too-many');
  assert.equal(roomForBinding(large, bound(2), bound(1))?.reason, 'too-many');
  assert.equal(roomForBinding(large, bound(1), bound(2)), null);
});

test('the routes ask before they write', async (t) => {
  const full = policyOf(
    named(ROLES_MAX).map((name) => ruled(name, 1)),
    named(BINDINGS_MAX).map(() => bound(1)),
  );
  const house = await openHouse(t, {
    policies: (tenant) => (tenant === 'acme' ? full : undefined),
  });
  const token = house.token('platform-admin');
  const made = async (tenant: string): Promise<readonly number[]> => {
    const { name, allow } = ruled('new', 1);
    const role = { token, body: { name, allow } };
    const binding = { token, body: { tenant, role: 'viewer', users: ['ann'] } };
    return [
      (await house.ask('POST', `/admin/v1/tenants/${tenant}/roles`, role)).status,
      (await house.ask('POST', '/admin/v1/bindings', binding)).status,
    ];
  };
  assert.deepEqual(await made('acme'), [422, 422]);
  assert.deepEqual(await made('other'), [201, 201]);
});
