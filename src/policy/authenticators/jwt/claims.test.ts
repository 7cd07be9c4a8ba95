import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonObject } from '#stdx/json.ts';

import type { ReadClaim } from './claim-expression.ts';
import { claimAt, type ClaimRules, principalOf } from './claims.ts';

const at =
  (path: string): ReadClaim =>
  (claims) =>
    claimAt(claims, path);

const rules: ClaimRules = {
  tenant: 'acme',
  tenants: [],
  claims: { tenant: null, team: null, user: at('sub'), roles: null, kept: [] },
  roleNames: null,
  userPrefix: '',
};
const of = (claims: JsonObject, changes: Partial<ClaimRules> = {}) =>
  principalOf(claims, { ...rules, ...changes }, 'jwt');
const named = (claims: Partial<ClaimRules['claims']>): Partial<ClaimRules> => ({
  claims: { ...rules.claims, ...claims },
});

test('a claim is found by its name, also one with dots, and by a path', () => {
  const claims = {
    'https://example.com/org': 'a',
    realm: { roles: ['r'] },
    'kubernetes.io': { serviceaccount: { name: 'sa' } },
    'a.b': 'name',
    a: { b: 'path' },
  };
  assert.equal(claimAt(claims, 'https://example.com/org'), 'a');
  assert.deepEqual(claimAt(claims, 'realm.roles'), ['r']);
  assert.equal(claimAt(claims, 'kubernetes.io.serviceaccount.name'), 'sa');
  assert.equal(claimAt(claims, 'a.b'), 'name', 'a name that exists is not taken for a path');
  for (const path of ['constructor', 'realm.constructor', 'realm.roles.0', 'nothing', '.', '']) {
    assert.equal(claimAt(claims, path), undefined, path);
  }
});

test('the tenant is fixed, or one of those that the claim may name', () => {
  const free = { tenant: null, tenants: ['acme', 'bank'], ...named({ tenant: at('org') }) };
  assert.equal(of({ sub: 'ann', org: 'bank' }, free)?.tenant, 'bank');
  assert.equal(of({ sub: 'ann', org: 'other' }, free), null);
  assert.equal(of({ sub: 'ann' }, free), null);
  assert.equal(of({ sub: 'ann', org: ['bank'] }, free), null);
  assert.equal(of({ sub: 'ann', org: 'any' }, { ...free, tenants: ['*'] })?.tenant, 'any');
  assert.equal(of({ sub: 'ann', org: 'bank' })?.tenant, 'acme');
});

test('whoever must have a name has one, and it is a name', () => {
  assert.equal(of({ sub: 'ann' }, { userPrefix: 'idp:' })?.user, 'idp:ann');
  for (const sub of [undefined, null, '', 'two words', 'line\nbreak', 'x'.repeat(257), 7, {}]) {
    assert.equal(of({ sub } as JsonObject), null, String(sub));
  }
  assert.equal(of({}, named({ user: null }))?.user, null);
  assert.equal(of({ sub: 'a', team: 'red' }, named({ team: at('team') }))?.team, 'red');
  assert.equal(of({ sub: 'a' }, named({ team: at('team') }))?.team, null);
  assert.equal(of({ sub: 'a', team: [] }, named({ team: at('team') })), null);
});

test('roles are a list or words, and mean what the operator says', () => {
  const roles = named({ roles: at('groups') });
  assert.deepEqual(of({ sub: 'a', groups: ['x', 'y', 'x'] }, roles)?.roles, ['x', 'y']);
  assert.deepEqual(of({ sub: 'a', groups: 'x  y' }, roles)?.roles, ['x', 'y']);
  assert.deepEqual(of({ sub: 'a' }, roles)?.roles, []);
  const meant = { ...roles, roleNames: new Map([['llm-users', 'developer']]) };
  assert.deepEqual(of({ sub: 'a', groups: ['llm-users', 'admin'] }, meant)?.roles, ['developer']);
  for (const groups of [7, { a: 1 }, ['x', 7], Array(1_000).fill('x')]) {
    assert.equal(of({ sub: 'a', groups } as JsonObject, roles), null);
  }
});

test('who acts for whom is kept, and texts that are too long are not', () => {
  const claims = {
    sub: 'ann',
    client_id: 'app',
    scope: 's'.repeat(1_024),
    azp: 'a'.repeat(1_025),
    act: { sub: 'gateway', act: { sub: 'job' } },
    secret: 'not kept',
  };
  const kept = of(claims)?.claims ?? {};
  assert.equal(kept['act'], 'gateway < job');
  assert.equal(kept['scope']?.length, 1_024);
  assert.deepEqual(Object.keys(kept).sort(), ['act', 'client_id', 'scope', 'sub']);
});
