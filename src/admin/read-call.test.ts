import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from './admin.contract.ts';

test('what is refused is named, and it is said what to write; nothing of it is repeated', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const key = { tenant: 'acme' };
  const wrong: readonly [path: string, body: unknown, field: string, says: RegExp][] = [
    ['keys', '{"tenant":', 'body', /not JSON/u],
    ['keys', '{"tenant":"acme","tenant":"other"}', 'body', /twice/u],
    ['keys', { ...key, expires: 'canary' }, 'expires', /90d/u],
    ['keys', { ...key, user: 'can ary' }, 'user', /letters, digits/u],
    ['keys', { ...key, roles: ['Can Ary'] }, 'roles.0', /lower-case/u],
    ['keys', { ...key, scope: { networks: ['canary'] } }, 'scope.networks.0', /10\.0\.0\.0\/8/u],
    ['keys', { ...key, scope: { when: 'call.canary == 1' } }, 'scope.when', /no such field/u],
    ['keys', { ...key, mode: 'canary' }, 'mode', /live, test/u],
    ['keys', { ...key, user: 7 }, 'user', /another type/u],
    ['accounts', { login: 'ann', role: 'canary' }, 'role', /tenant-admin/u],
  ];
  for (const [path, body, field, says] of wrong) {
    const {
      status,
      body: told,
      text,
    } = await house.ask('POST', `/admin/v1/${path}`, {
      token,
      body,
    });
    const [first] = told['errors'] as { readonly field: string; readonly problem: string }[];
    assert.deepEqual([status, first?.field], [400, field], text);
    assert.match(first?.problem ?? '', says);
    assert.doesNotMatch(text, /can ?ary/iu);
  }
});
